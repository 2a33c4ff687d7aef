package io.github.shardsum.internal.kernel;

/** The inner kernels of the matrix product. */
public interface GemmKernels {
  /**
   * Rows of an unpacked product that a vector kernel computes together: it reads B once for them.
   * At 512 bits that leaves registers for two vectors a row. The template of those kernels has this
   * number of rows written out, {@code SMALL0}.
   */
  int UNPACKED_ROWS = 8;

  /** Register tiles of f32. */
  FloatMicrokernel floats();

  /** Register tiles of f64. */
  DoubleMicrokernel doubles();

  /** Register tiles of integers. */
  LongMicrokernel longs();

  /** Sums of few columns in f32. */
  FloatSkinnyMicrokernel skinny();
}
