package io.github.shardsum.collective;

/**
 * The ways to combine the values of several devices into one.
 *
 * <p><b>Arithmetic</b> is that of the dtype ({@link io.github.shardsum.tensor.DType}): f32 in f32,
 * f64 in f64, integers wrapping; bf16 is widened, combined in f32 and rounded once, at the end. For
 * bool the sum and the maximum are OR, the product and the minimum AND.
 *
 * <p><b>NaN.</b> A NaN among the terms makes the result NaN, for every reduction, {@link #MIN} and
 * {@link #MAX} too. Every NaN in an operand gives the canonical NaN (bits 7fc00000, 7fc0,
 * 7ff8000000000000), so the bits of the result are fixed. -0.0 is less than 0.0.
 *
 * <p><b>Order.</b> Terms are combined along a fixed binary tree over mesh coordinates. Over the n
 * coordinates of one axis, the tree's left part is the largest power of two below n, and each part
 * is divided in the same way: five give ((0 1)(2 3)) 4. Over several axes, each leaf of the major
 * axis's tree is the tree of the axes after it. The order of the axes is that of the mesh, not that
 * of the request. So reducing over a minor axis and then over a major one gives the bits of
 * reducing over both.
 */
public enum Reduction {
  /** The sum. */
  SUM,
  /** The product. */
  PROD,
  /** The least. */
  MIN,
  /** The greatest. */
  MAX,
  /**
   * The sum divided by the number of members, in the type of the sum (bf16: before its one
   * rounding); integers round toward zero. Bool has no mean.
   */
  MEAN
}
