package io.github.shardsum.internal.kernel;

/** The inner kernels of the matrix product. */
public interface GemmKernels {
  /**
   * Number of rows of an unpacked product that a vector kernel computes together; it reads B once
   * for all of them. At 512 bits, this leaves registers for two vectors in each row. The template
   * of these kernels repeats this number as {@code SMALL0}.
   */
  int UNPACKED_ROWS = 8;

  /** Register tiles of f32. */
  FloatMicrokernel floats();

  /** Register tiles of f64. */
  DoubleMicrokernel doubles();

  /** Register tiles of integers. */
  LongMicrokernel longs();

  /** Kernel for sums of few columns in f32. */
  FloatSkinnyMicrokernel skinny();
}
