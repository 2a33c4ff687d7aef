package io.github.shardsum.internal.kernel;

/** The inner kernels of the matrix product. */
public interface Products {
  /** Register tiles of f32. */
  FloatProduct floats();

  /** Register tiles of f64. */
  DoubleProduct doubles();

  /** Register tiles of integers. */
  LongProduct longs();

  /** Sums of few columns in f32. */
  FloatThin thin();
}
