package io.github.shardsum.moe;

import io.github.shardsum.tensor.DType;

/**
 * How long one einsum of the layer took, and for how much work.
 *
 * @param step which
 * @param sizes the layer's sizes
 * @param dtype of the result
 * @param routedRows rows that move to experts and back
 * @param nanos wall time, in nanoseconds
 */
public record MoeStepTime(MoeStep step, MoeSizes sizes, DType dtype, long routedRows, long nanos) {

  /**
   * FLOPs that were done, see {@link MoeStep#flops}.
   *
   * @return the count
   */
  public double flops() {
    return step.flops(sizes, routedRows);
  }

  /**
   * FLOPs of the literal dense einsum, see {@link MoeStep#denseFlops}.
   *
   * @return the count
   */
  public double denseFlops() {
    return step.denseFlops(sizes);
  }

  /**
   * Bytes that have to be read and written at least, see {@link MoeStep#elementsMoved}.
   *
   * @return the count
   */
  public double bytes() {
    return step.elementsMoved(sizes, routedRows) * dtype.byteSize();
  }
}
