package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/**
 * Operations on whole rows along an axis, without an allocation that grows with the data. The
 * number of threads changes no bit.
 */
public final class RowKernels {
  private static final int TASKS_A_THREAD = 4;

  private RowKernels() {}

  /** One row's work. */
  @FunctionalInterface
  private interface Row {
    /** Positions are of each tensor's first element in the row. */
    void run(Scratch scratch, long[] at);
  }

  /**
   * Runs the rows of tensors that agree but in the size of one axis.
   *
   * @param axes for each tensor the axis of the rows, -1 where the tensor has none
   */
  private static void rows(Workers workers, Row row, int[] axes, Tensor... tensors) {
    Tensor first = tensors[0];
    long rows = 1;
    for (int axis = 0; axis < first.rank(); axis++) {
      rows *= axis == axes[0] ? 1 : first.size(axis);
    }
    if (rows == 0) {
      return;
    }
    long count = rows;
    int tasks = (int) Math.min(count, (long) TASKS_A_THREAD * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          long[] at = new long[tensors.length];
          long end = count * (task + 1) / tasks;
          for (long index = count * task / tasks; index < end; index++) {
            locate(index, axes, tensors, at);
            row.run(scratch, at);
          }
        });
  }

  private static void locate(long index, int[] axes, Tensor[] tensors, long[] at) {
    for (int i = 0; i < at.length; i++) {
      at[i] = tensors[i].offset();
      long rest = index;
      for (int axis = tensors[i].rank() - 1; axis >= 0; axis--) {
        if (axis != axes[i]) {
          at[i] += rest % tensors[i].size(axis) * tensors[i].stride(axis);
          rest /= tensors[i].size(axis);
        }
      }
    }
  }

  public static void cumulativeSum(
      Workers workers, Tensor out, Tensor x, int axis, boolean exclusive, boolean reverse) {
    int n = Math.toIntExact(x.size(axis));
    boolean floating = x.dtype().isFloating();
    int start = reverse ? n - 1 : 0;
    int step = reverse ? -1 : 1;
    Row row =
        (scratch, at) -> {
          if (floating) {
            double[] values = scratch.doubles(0, n);
            Elements.load(x, at[1], x.stride(axis), values, 0, n);
            double sum = 0;
            for (int i = 0, j = start; i < n; i++, j += step) {
              double before = sum;
              sum += values[j];
              values[j] = exclusive ? before : sum;
            }
            Elements.store(values, 0, out, at[0], out.stride(axis), n);
          } else {
            long[] values = scratch.longs(0, n);
            Elements.load(x, at[1], x.stride(axis), values, 0, n);
            long sum = 0;
            for (int i = 0, j = start; i < n; i++, j += step) {
              long before = sum;
              sum += values[j];
              values[j] = exclusive ? before : sum;
            }
            Elements.store(values, 0, out, at[0], out.stride(axis), n);
          }
        };
    rows(workers, row, new int[] {axis, axis}, out, x);
  }

  /** The k largest of each row, by insertion into a list of k. */
  public static void topK(Workers workers, Tensor values, Tensor indices, Tensor x, int axis) {
    int n = Math.toIntExact(x.size(axis));
    int k = Math.toIntExact(values.size(axis));
    boolean floating = x.dtype().isFloating();
    Row row =
        (scratch, at) -> {
          long[] best = scratch.longs(1, k);
          if (floating) {
            double[] all = scratch.doubles(0, n);
            double[] top = scratch.doubles(1, k);
            Elements.load(x, at[2], x.stride(axis), all, 0, n);
            largest(all, n, best, k);
            for (int i = 0; i < k; i++) {
              top[i] = all[(int) best[i]];
            }
            Elements.store(top, 0, values, at[0], values.stride(axis), k);
          } else {
            long[] all = scratch.longs(0, n);
            long[] top = scratch.longs(2, k);
            Elements.load(x, at[2], x.stride(axis), all, 0, n);
            largest(all, n, best, k);
            for (int i = 0; i < k; i++) {
              top[i] = all[(int) best[i]];
            }
            Elements.store(top, 0, values, at[0], values.stride(axis), k);
          }
          Elements.store(best, 0, indices, at[1], indices.stride(axis), k);
        };
    if (k > 0) {
      rows(workers, row, new int[] {axis, axis, axis}, values, indices, x);
    }
  }

  public static void argMax(Workers workers, Tensor out, Tensor x, int axis) {
    int n = Math.toIntExact(x.size(axis));
    boolean floating = x.dtype().isFloating();
    Row row =
        (scratch, at) -> {
          long[] best = scratch.longs(1, 1);
          if (floating) {
            double[] all = scratch.doubles(0, n);
            Elements.load(x, at[1], x.stride(axis), all, 0, n);
            largest(all, n, best, 1);
          } else {
            long[] all = scratch.longs(0, n);
            Elements.load(x, at[1], x.stride(axis), all, 0, n);
            largest(all, n, best, 1);
          }
          Elements.store(best, 0, out, at[0], 1, 1);
        };
    rows(workers, row, new int[] {-1, axis}, out, x);
  }

  private static void largest(double[] all, int n, long[] best, int k) {
    for (int i = 0; i < n; i++) {
      int place = Math.min(i, k);
      while (place > 0 && above(all[i], all[(int) best[place - 1]])) {
        place--;
      }
      insert(best, place, i, k);
    }
  }

  private static boolean above(double x, double y) {
    return x > y || (Double.isNaN(x) && !Double.isNaN(y));
  }

  private static void largest(long[] all, int n, long[] best, int k) {
    for (int i = 0; i < n; i++) {
      int place = Math.min(i, k);
      while (place > 0 && all[i] > all[(int) best[place - 1]]) {
        place--;
      }
      insert(best, place, i, k);
    }
  }

  private static void insert(long[] best, int place, int index, int k) {
    if (place < k) {
      int last = Math.min(index, k - 1);
      System.arraycopy(best, place, best, place + 1, last - place);
      best[place] = index;
    }
  }

  /** The extreme of each row; x has the rows' axes merged into its last one. */
  public static void extreme(Workers workers, ReduceKind kind, Tensor out, Tensor x) {
    int axis = x.rank() - 1;
    int n = Math.toIntExact(x.size(axis));
    boolean max = kind == ReduceKind.MAX;
    boolean floating = x.dtype().isFloating();
    Row row =
        (scratch, at) -> {
          if (floating) {
            double[] all = scratch.doubles(0, Math.max(n, 1));
            Elements.load(x, at[1], x.stride(axis), all, 0, n);
            double best = max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            for (int i = 0; i < n; i++) {
              best = max ? Math.max(best, all[i]) : Math.min(best, all[i]);
            }
            all[0] = best;
            Elements.store(all, 0, out, at[0], 1, 1);
          } else {
            long[] all = scratch.longs(0, Math.max(n, 1));
            Elements.load(x, at[1], x.stride(axis), all, 0, n);
            long best = identity(x.dtype(), max);
            for (int i = 0; i < n; i++) {
              best = max ? Math.max(best, all[i]) : Math.min(best, all[i]);
            }
            all[0] = best;
            Elements.store(all, 0, out, at[0], 1, 1);
          }
        };
    rows(workers, row, new int[] {-1, axis}, out, x);
  }

  private static long identity(DType dtype, boolean max) {
    return switch (dtype) {
      case I32 -> max ? Integer.MIN_VALUE : Integer.MAX_VALUE;
      case I64 -> max ? Long.MIN_VALUE : Long.MAX_VALUE;
      case BOOL -> max ? 0 : 1;
      case F32, F64, BF16 -> throw new IllegalStateException("integers are wanted");
    };
  }
}
