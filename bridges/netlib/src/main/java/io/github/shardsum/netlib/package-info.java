/**
 * BLAS of {@code dev.ludovic.netlib} by Shardsum's kernels, without native code.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.netlib;

import org.jspecify.annotations.NullMarked;
