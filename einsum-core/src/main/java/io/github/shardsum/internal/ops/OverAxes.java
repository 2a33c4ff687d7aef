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
  private OverAxes() {}

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
