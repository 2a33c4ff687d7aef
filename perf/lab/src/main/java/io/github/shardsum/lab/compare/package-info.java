/** Comparisons of the library with its peers, with C and with itself, whose sides take turns. */
@NullMarked
package io.github.shardsum.lab.compare;

import org.jspecify.annotations.NullMarked;
