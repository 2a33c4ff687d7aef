package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.ops.AlongAxis;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.rows.DoubleSelection;
import io.github.shardsum.internal.rows.FloatSelection;
import io.github.shardsum.internal.rows.LongSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * The k largest elements along an axis, in falling order. They route tokens to experts.
 *
 * <p>Among equal elements, the one with the lower index comes first. NaN ranks above everything,
 * and the two zeros are equal. Results are equal to the bit for every number of threads.
 *
 * @param values the elements, shaped as the input with size k along the axis
 * @param indices their positions along the axis, of the same shape, i32
 */
public record TopK(Tensor values, Tensor indices) {
  /**
   * Finds the k largest elements, in time n log k for each row of n.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param k the number of elements, in [0, size of the axis]
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return fresh tensors
   * @throws IllegalArgumentException if the axis does not exist or k is out of range
   */
  public static TopK of(Workers workers, Tensor x, int k, int axis) {
    int number = OperandChecks.rowAxis("top-k", x, axis);
    if (k < 0 || k > x.size(number)) {
      throw new IllegalArgumentException(
          "top-k: expected k in [0, "
              + x.size(number)
              + "], the size of axis "
              + number
              + ", got "
              + k);
    }
    TopK result =
        new TopK(
            AlongAxis.sized(x.dtype(), x, number, k), AlongAxis.sized(DType.I32, x, number, k));
    topKInto(workers, result.values, result.indices, x, number);
    return result;
  }

  /**
   * As {@link #of(Workers, Tensor, int, int)}, by the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param k the number of elements, in [0, size of the axis]
   * @param axis the axis; -1 is the last one
   * @return fresh tensors
   * @throws IllegalArgumentException if the axis does not exist or k is out of range
   */
  public static TopK of(Tensor x, int k, int axis) {
    return of(DefaultOpsWorkers.get(), x, k, axis);
  }

  /**
   * As {@link #of(Tensor, int, int)}, into given results, whose size along the axis is k.
   *
   * @param values the elements, of x's dtype and of its shape but for the axis
   * @param indices their positions along the axis, of the shape of the values, i32 or i64
   * @param x any dtype, strides and memory
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @throws IllegalArgumentException as {@link #topKInto(Workers, Tensor, Tensor, Tensor, int)};
   *     nothing is then written
   */
  public static void topKInto(Tensor values, Tensor indices, Tensor x, int axis) {
    topKInto(DefaultOpsWorkers.get(), values, indices, x, axis);
  }

  /**
   * As {@link #of(Workers, Tensor, int, int)}, into given results, whose size along the axis is k.
   *
   * @param workers threads to use
   * @param values the elements, of x's dtype and of its shape but for the axis
   * @param indices their positions along the axis, of the shape of the values, i32 or i64
   * @param x any dtype, strides and memory
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @throws IllegalArgumentException if there is no such axis, k exceeds its size, or a result does
   *     not fit, or shares an element with x or with the other result; nothing is then written
   */
  public static void topKInto(Workers workers, Tensor values, Tensor indices, Tensor x, int axis) {
    int number = OperandChecks.rowAxis("top-k", x, axis);
    long k = values.rank() == x.rank() ? values.size(number) : 0;
    Shape shape = AlongAxis.shape(x, number, Math.min(k, x.size(number)));
    OperandChecks.out("top-k", values, x.dtype(), shape);
    OperandChecks.out(
        "top-k", indices, indices.dtype() == DType.I64 ? DType.I64 : DType.I32, shape);
    OperandChecks.apart("top-k", values, x);
    OperandChecks.apart("top-k", indices, x);
    OperandChecks.apart("top-k", indices, values);
    if (k > 0) {
      int count = (int) k;
      AlongAxis.each(
              FloatSelection.top(count), DoubleSelection.top(count), LongSelection.top(count))
          .run("top-k", workers, x, number, values, indices);
    }
  }
}
