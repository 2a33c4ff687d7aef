/**
 * The common parts of scalar and vector kernels: interfaces of micro-kernels and rows, {@code
 * Blocking} and cache sizes, functions of f64 ({@code Functions}) and f32, bf16 and bytes, fused
 * multiply-add, steps of Philox, the order of sums in a row ({@code Sums}).
 */
@NullMarked
package io.github.shardsum.internal.kernel;

import org.jspecify.annotations.NullMarked;
