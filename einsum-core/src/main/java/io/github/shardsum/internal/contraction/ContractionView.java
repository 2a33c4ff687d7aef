package io.github.shardsum.internal.contraction;

import io.github.shardsum.tensor.DType;

/** A value of a contraction, described by labels; arrays are indexed by label. */
public sealed interface ContractionView permits ContractionView.Dense, ContractionView.Routed {
  /** Whether the value has a label; a broadcast axis of size 1 does not count. */
  boolean has(int label);

  /** The element type. */
  DType dtype();

  /**
   * A strided array.
   *
   * @param dtype its element type
   * @param present the labels that the array has
   * @param strides stride along each label, the sum of its axes' strides where a label repeats
   */
  record Dense(DType dtype, boolean[] present, long[] strides) implements ContractionView {
    @Override
    public boolean has(int label) {
      return present[label];
    }
  }

  /**
   * A routing tensor; its labels are all different.
   *
   * @param dtype the dtype of the weights
   * @param leadOrder the labels of the leading axes in order, without axes that are broadcast
   * @param leading the leading labels
   * @param tail the labels of the tail axes in order, -1 for an axis of size 1 that is broadcast
   * @param tailSizes size of each tail axis
   * @param positionStrides stride of the positions along each leading label
   * @param weightStrides stride of the weights along each leading label
   */
  record Routed(
      DType dtype,
      int[] leadOrder,
      boolean[] leading,
      int[] tail,
      long[] tailSizes,
      long[] positionStrides,
      long[] weightStrides)
      implements ContractionView {
    @Override
    public boolean has(int label) {
      return leading[label] || tailAxis(label) >= 0;
    }

    /** The tail axis of a label, or -1. */
    int tailAxis(int label) {
      for (int axis = 0; axis < tail.length; axis++) {
        if (tail[axis] == label) {
          return axis;
        }
      }
      return -1;
    }
  }
}
