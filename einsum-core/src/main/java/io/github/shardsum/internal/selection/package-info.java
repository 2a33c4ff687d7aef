/** Chooses between the scalar and the vector kernels, once for each JVM. */
@NullMarked
package io.github.shardsum.internal.selection;

import org.jspecify.annotations.NullMarked;
