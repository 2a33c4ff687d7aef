package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.rows.DoubleSelection;
import io.github.shardsum.internal.rows.FloatSelection;
import io.github.shardsum.internal.rows.LongSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/**
 * The k largest elements along an axis, in falling order: what routes tokens to experts.
 *
 * <p>Of equal elements the one of the lower index comes first; NaN ranks above everything, and the
 * two zeros are equal. Results are equal to the bit for every number of threads.
 *
 * @param values the elements, shaped as the input with size k along the axis
 * @param indices where they stand along the axis, of the same shape, i32
 */
public record TopK(Tensor values, Tensor indices) {
  /**
   * Finds them, in time n log k a row.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param k how many, in [0, size of the axis]
   * @param axis the axis, in [0, rank)
   * @return fresh tensors
   * @throws IllegalArgumentException if there is no such axis, or k is out of range
   */
  public static TopK of(Workers workers, Tensor x, int k, int axis) {
    Checks.axis("top-k", x, axis);
    if (k < 0 || k > x.size(axis)) {
      throw new IllegalArgumentException(
          "top-k: k in [0, "
              + x.size(axis)
              + "], the size of axis "
              + axis
              + ", is wanted, got "
              + k);
    }
    TopK result =
        new TopK(AlongAxis.sized(x.dtype(), x, axis, k), AlongAxis.sized(DType.I32, x, axis, k));
    if (k > 0) {
      AlongAxis.each(FloatSelection.top(k), DoubleSelection.top(k), LongSelection.top(k))
          .run("top-k", workers, x, axis, result.values, result.indices);
    }
    return result;
  }
}
