/** Comparisons of the PJRT binding with C and with JAX. */
@NullMarked
package io.github.shardsum.lab.compare.pjrt;

import org.jspecify.annotations.NullMarked;
