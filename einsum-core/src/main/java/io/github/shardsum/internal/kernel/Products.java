package io.github.shardsum.internal.kernel;

/**
 * The inner kernels of the matrix product.
 *
 * @param floats register tiles of f32
 * @param doubles of f64
 * @param longs of integers
 * @param thin sums of few columns in f32
 */
public record Products(
    FloatProduct floats, DoubleProduct doubles, LongProduct longs, FloatThin thin) {}
