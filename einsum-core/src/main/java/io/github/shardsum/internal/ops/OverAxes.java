package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.tensor.TensorViews;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Row operations over several axes at once. */
public final class OverAxes {
  /** Elements of a piece of a long row; one thread reduces a piece. */
  private static final int PIECE = 1 << 16;

  private OverAxes() {}

  /** The shape of x without the axes. */
  public static Shape without(Tensor x, int... axes) {
    return Shape.of(
        IntStream.range(0, x.rank())
            .filter(axis -> IntStream.of(axes).noneMatch(other -> other == axis))
            .mapToLong(x::size)
            .toArray());
  }

  /**
   * Combines all elements over the axes, in any order and grouping, into one of them. No axis is
   * empty.
   */
  public static void reduce(
      String name, AlongAxis reduction, Workers workers, Tensor out, Tensor x, int... axes) {
    for (int axis : axes) {
      OperandChecks.rowAxis(name, x, axis);
    }
    OperandChecks.out(name, out, x.dtype(), without(x, axes));
    OperandChecks.apart(name, out, x);
    if (x.shape().elementCount() == 0) {
      return;
    }
    if (axes.length == 0) {
      out.assign(x);
      return;
    }
    // From the last axis to the first, so that the remaining axes keep their numbers.
    Tensor rest = x;
    for (int i = axes.length - 1; i > 0; i--) {
      Tensor less = Tensor.zeros(x.dtype(), without(rest, axes[i]));
      alongOne(name, reduction, workers, less, rest, axes[i]);
      rest = less;
    }
    alongOne(name, reduction, workers, out, rest, axes[0]);
  }

  private static void alongOne(
      String name, AlongAxis reduction, Workers workers, Tensor out, Tensor x, int axis) {
    long size = x.size(axis);
    boolean fewLongRows = size >= 2 * PIECE && x.shape().elementCount() / size < 8;
    if (!fewLongRows) {
      Tensor none = AlongAxis.sized(DType.I32, x, axis, 0);
      reduction.run(name, workers, x, axis, out.expand(axis), none);
      return;
    }
    // Reduces a few long rows: first each piece, then the results of the pieces.
    long pieces = Math.ceilDiv(size, PIECE);
    Tensor parts = AlongAxis.sized(x.dtype(), x, axis, pieces);
    Tensor whole = split(x.slice(axis, 0, (pieces - 1) * PIECE), axis, pieces - 1);
    alongOne(name, reduction, workers, parts.slice(axis, 0, pieces - 1), whole, axis + 1);
    Tensor rest = x.slice(axis, (pieces - 1) * PIECE, size);
    alongOne(name, reduction, workers, parts.select(axis, pieces - 1), rest, axis);
    alongOne(name, reduction, workers, out, parts, axis);
  }

  /** The view in which the axis is split into two: the piece, and the position in the piece. */
  private static Tensor split(Tensor x, int axis, long pieces) {
    long[] sizes = Arrays.copyOf(x.shape().toArray(), x.rank() + 1);
    System.arraycopy(sizes, axis, sizes, axis + 1, x.rank() - axis);
    sizes[axis] = pieces;
    sizes[axis + 1] = x.size(axis) / pieces;
    return x.reshape(sizes);
  }

  /**
   * Computes one number from all elements over the axes; {@code ofNone} if there are no elements.
   */
  public static void run(
      String name,
      AlongAxis rows,
      ComputeType type,
      Workers workers,
      Tensor out,
      Tensor x,
      int[] axes,
      double ofNone) {
    OperandChecks.apart(name, out, x);
    if (x.shape().elementCount() == 0) {
      out.assign(Tensor.scalar(out.dtype(), ofNone).broadcastTo(out.shape()));
      return;
    }
    Tensor merged = merged(name, x, axes);
    int last = merged.rank() - 1;
    Tensor none = AlongAxis.sized(DType.I32, merged, last, 0);
    rows.run(name, type, workers, merged, last, out.expand(last), none);
  }

  /** Finds one element over the axes, such as the largest, and writes its position in C order. */
  public static void position(
      String name, AlongAxis rows, Workers workers, Tensor out, Tensor x, int[] axes) {
    OperandChecks.apart(name, out, x);
    if (out.shape().elementCount() == 0) {
      return;
    }
    Tensor merged = merged(name, x, axes);
    int last = merged.rank() - 1;
    Tensor none = AlongAxis.sized(x.dtype(), merged, last, 0);
    rows.run(name, workers, merged, last, none, out.expand(last));
  }

  /** The tensor with the axes joined into a last one: a view, or a copy if no view exists. */
  private static Tensor merged(String name, Tensor x, int[] axes) {
    OperandChecks.joinedAxes(name, x, axes);
    int[] kept =
        IntStream.range(0, x.rank())
            .filter(axis -> IntStream.of(axes).noneMatch(other -> other == axis))
            .toArray();
    int[] order = IntStream.concat(IntStream.of(kept), IntStream.of(axes)).toArray();
    Tensor ordered = x.transpose(order);
    long[] sizes = Arrays.copyOf(ordered.shape().toArray(), kept.length + 1);
    sizes[kept.length] = 1;
    for (int axis : axes) {
      sizes[kept.length] *= x.size(axis);
    }
    return TensorViews.reshapeStrides(ordered.shape(), ordered.strides(), Shape.of(sizes))
            .isPresent()
        ? ordered.reshape(sizes)
        : ordered.copy().reshape(sizes);
  }
}
