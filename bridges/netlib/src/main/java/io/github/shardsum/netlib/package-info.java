/** BLAS of {@code dev.ludovic.netlib} by Shardsum's kernels, without native code. */
@NullMarked
package io.github.shardsum.netlib;

import org.jspecify.annotations.NullMarked;
