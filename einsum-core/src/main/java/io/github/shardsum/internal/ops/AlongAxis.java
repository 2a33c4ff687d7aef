package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoubleAlongAxis;
import io.github.shardsum.internal.rows.FloatAlongAxis;
import io.github.shardsum.internal.rows.LongAlongAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** Runs row operations along any axis; a result of size 0 along this axis is not computed. */
public record AlongAxis(
    FloatAlongAxis.Rows floats, DoubleAlongAxis.Rows doubles, LongAlongAxis.Rows longs) {
  /** Operations that take one row at a time. */
  public static AlongAxis each(
      FloatAlongAxis.Row floats, DoubleAlongAxis.Row doubles, LongAlongAxis.Row longs) {
    return new AlongAxis(
        FloatAlongAxis.each(floats), DoubleAlongAxis.each(doubles), LongAlongAxis.each(longs));
  }

  /** The same operations on columns, which are read in place. */
  public AlongAxis withColumns(
      FloatAlongAxis.Columns ofFloats,
      DoubleAlongAxis.Columns ofDoubles,
      LongAlongAxis.Columns ofLongs) {
    return new AlongAxis(
        FloatAlongAxis.withColumns(floats, ofFloats),
        DoubleAlongAxis.withColumns(doubles, ofDoubles),
        LongAlongAxis.withColumns(longs, ofLongs));
  }

  /**
   * Runs the operation. Callers have checked everything except that all threads may access the
   * memory.
   */
  public void run(String name, Workers workers, Tensor x, int axis, Tensor values, Tensor indices) {
    run(name, ComputeType.of(x.dtype()), workers, x, axis, values, indices);
  }

  /** As the other method, computed in a given type. */
  public void run(
      String name,
      ComputeType type,
      Workers workers,
      Tensor x,
      int axis,
      Tensor values,
      Tensor indices) {
    Workers threads = OperandChecks.reachable(name, workers, x, values, indices);
    Tensor from = last(x, axis);
    Tensor to = last(values, axis);
    Tensor where = last(indices, axis);
    switch (type) {
      case FLOAT -> FloatAlongAxis.run(threads, floats, from, to, where);
      case DOUBLE -> DoubleAlongAxis.run(threads, doubles, from, to, where);
      case LONG -> LongAlongAxis.run(threads, longs, from, to, where);
    }
  }

  /** A result of x's shape except for one axis. */
  public static Tensor sized(DType dtype, Tensor x, int axis, long size) {
    return Tensor.zeros(dtype, shape(x, axis, size));
  }

  /** The shape of x except for one axis. */
  public static Shape shape(Tensor x, int axis, long size) {
    long[] sizes = x.shape().toArray();
    sizes[axis] = size;
    return Shape.of(sizes);
  }

  /** The view with the given axis as the last one and the others in order. */
  private static Tensor last(Tensor x, int axis) {
    int[] axes = new int[x.rank()];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i == axes.length - 1 ? axis : i < axis ? i : i + 1;
    }
    return x.transpose(axes);
  }
}
