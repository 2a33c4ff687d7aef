package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;

/** Copies a tensor into another of its shape, in slices that threads share. */
public final class RowCopy {
  private RowCopy() {}

  /** Callers have checked that the two do not overlap and that the threads may access both. */
  public static void run(Workers workers, Tensor out, Tensor x) {
    int axis = outermost(out);
    if (axis < 0) {
      out.assign(x);
      return;
    }
    ParallelRowRange.run(
        workers,
        out.size(axis),
        out.shape().elementCount(),
        (begin, end, _) -> out.slice(axis, begin, end).assign(x.slice(axis, begin, end)));
  }

  /** The axis with the largest stride, so that slices are far apart; -1 if there is no axis. */
  private static int outermost(Tensor out) {
    int best = -1;
    for (int axis = 0; axis < out.rank(); axis++) {
      boolean farther = best < 0 || Math.abs(out.stride(axis)) > Math.abs(out.stride(best));
      if (out.size(axis) > 1 && farther) {
        best = axis;
      }
    }
    return best;
  }
}
