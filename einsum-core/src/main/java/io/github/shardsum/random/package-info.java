/** Random numbers that do not depend on the order in which they are drawn. */
@NullMarked
package io.github.shardsum.random;

import org.jspecify.annotations.NullMarked;
