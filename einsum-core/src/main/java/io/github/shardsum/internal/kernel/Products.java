package io.github.shardsum.internal.kernel;

/**
 * The register tiles of the matrix product.
 *
 * @param floats of f32
 * @param doubles of f64
 * @param longs of integers
 */
public record Products(FloatProduct floats, DoubleProduct doubles, LongProduct longs) {}
