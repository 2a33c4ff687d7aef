package io.github.shardsum.ops;

import io.github.shardsum.internal.ops.AlongAxis;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.rows.DoubleSelection;
import io.github.shardsum.internal.rows.FloatSelection;
import io.github.shardsum.internal.rows.LongSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * Elements in order, and how many there are of each. Rising order: a NaN comes behind all numbers.
 * Results are equal to the bit for every number of threads, which share the rows.
 *
 * @since 0.1.0
 */
public final class Sorting {
  private static final AlongAxis SORT =
      AlongAxis.each(FloatSelection::sort, DoubleSelection::sort, LongSelection::sort);
  private static final AlongAxis ARG_SORT =
      AlongAxis.each(FloatSelection::argSort, DoubleSelection::argSort, LongSelection::argSort);

  private Sorting() {}

  /**
   * The different elements of a tensor, in rising order. The two zeros are equal, and so is each
   * NaN to each other (NumPy's default).
   *
   * @param values {@code [u]}, of the tensor's dtype: of equal elements the first one in C order
   * @param indices {@code [u]}, i64: the position of that one in C order
   * @param inverse i64, of the tensor's shape: each element's place among the values
   * @param counts {@code [u]}, i64: the number of elements that are equal to each value
   */
  public record Unique(Tensor values, Tensor indices, Tensor inverse, Tensor counts) {}

  /**
   * The numbers of elements in intervals of equal width.
   *
   * @param counts {@code [bins]}, i64
   * @param edges {@code [bins + 1]}, f64: bin i has elements from edge i on and below edge i + 1;
   *     the last bin has those equal to its upper edge too
   */
  public record Histogram(Tensor counts, Tensor edges) {}

  /**
   * The elements in rising order along an axis (NumPy's {@code np.sort}), in time n log n for each
   * row of n. -0 comes before 0.
   *
   * @param x any dtype, strides and memory
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of x's dtype and shape, in C order
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor sort(Tensor x, int axis) {
    return sort(Target.process(), x, axis);
  }

  /**
   * As {@link #sort(Tensor, int)}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype and shape; may be x
   * @param x any dtype, strides and memory
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException if there is no such axis, or the target's tensor does not fit
   *     or shares some elements with x; nothing is then written
   */
  public static Tensor sort(Target target, Tensor x, int axis) {
    int number = OperandChecks.rowAxis("sort", x, axis);
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), x.shape()));
    OperandChecks.out("sort", out, x.dtype(), x.shape());
    OperandChecks.apartOrSame("sort", out, x);
    Tensor none = AlongAxis.sized(DType.I32, x, number, 0);
    SORT.run("sort", target.workers(), x, number, out, none);
    return out;
  }

  /**
   * The positions of the elements in rising order along an axis (NumPy's {@code np.argsort} with
   * {@code kind="stable"}), in time n log n for each row of n. Equal elements stay in their order,
   * and the two zeros are equal.
   *
   * @param x any dtype, strides and memory
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of i32 and of x's shape, in C order
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor argSort(Tensor x, int axis) {
    return argSort(Target.process(), x, axis);
  }

  /**
   * As {@link #argSort(Tensor, int)}, on a target.
   *
   * @param target the threads, and the tensor for the result, of i32 or i64 and of x's shape
   * @param x any dtype, strides and memory
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException if there is no such axis, or the target's tensor does not fit
   *     or shares an element with x; nothing is then written
   */
  public static Tensor argSort(Target target, Tensor x, int axis) {
    int number = OperandChecks.rowAxis("argsort", x, axis);
    Tensor out = target.or(() -> Tensor.zeros(DType.I32, x.shape()));
    DType dtype = out.dtype() == DType.I64 ? DType.I64 : DType.I32;
    OperandChecks.out("argsort", out, dtype, x.shape());
    OperandChecks.apart("argsort", out, x);
    Tensor none = AlongAxis.sized(x.dtype(), x, number, 0);
    ARG_SORT.run("argsort", target.workers(), x, number, none, out);
    return out;
  }

  /**
   * The different elements of a tensor (NumPy's {@code np.unique} with all of its results).
   *
   * @param x any dtype, strides and memory
   * @return the elements with their positions and numbers
   */
  public static Unique unique(Tensor x) {
    Tensor flat = x.flatten();
    int n = Math.toIntExact(flat.size(0));
    int[] order = argSort(flat, 0).toIntArray();
    Tensor sorted = Movement.take(flat, Tensor.of(order, n), 0);
    boolean[] differs = differs(sorted);
    long[] inverse = new long[n];
    long[] indices = new long[n];
    long[] counts = new long[n];
    int found = 0;
    for (int i = 0; i < n; i++) {
      if (i == 0 || differs[i - 1]) {
        indices[found++] = order[i];
      }
      counts[found - 1]++;
      inverse[order[i]] = (long) found - 1;
    }
    Tensor first = Tensor.of(Arrays.copyOf(indices, found), found);
    return new Unique(
        Movement.take(flat, first, 0),
        first,
        Tensor.of(inverse, n).reshape(x.shape().toArray()),
        Tensor.of(Arrays.copyOf(counts, found), found));
  }

  /** Whether each element but the first is another one than the one before it. */
  private static boolean[] differs(Tensor sorted) {
    long n = sorted.size(0);
    if (n < 2) {
      return new boolean[0];
    }
    Tensor before = sorted.slice("0:" + (n - 1));
    Tensor behind = sorted.slice("1:" + n);
    Tensor unequal = Logic.ne(before, behind);
    return (sorted.dtype().isFloating()
            ? Logic.and(unequal, Logic.not(Logic.isNan(before)))
            : unequal)
        .toBooleanArray();
  }

  /**
   * The numbers of elements in intervals of equal width (NumPy's {@code np.histogram} with a
   * range). Elements outside of the range are not counted, and neither is a NaN.
   *
   * @param x any dtype of numbers, strides and memory
   * @param bins the number of intervals, at least 1
   * @param low the lower edge of the first one
   * @param high the upper edge of the last one, above the lower edge
   * @return the numbers and the edges
   * @throws IllegalArgumentException if there is no interval, the edges are not finite numbers in
   *     rising order, or x is of bool
   */
  public static Histogram histogram(Tensor x, int bins, double low, double high) {
    OperandChecks.number("histogram", x);
    double width = (high - low) / bins;
    if (bins < 1 || !(low < high) || !Double.isFinite(high - low) || low + width == low) {
      throw new IllegalArgumentException(
          "histogram: must have at least 1 bin between finite edges in rising order, got "
              + bins
              + " from "
              + low
              + " to "
              + high);
    }
    double[] edges = new double[bins + 1];
    Arrays.setAll(edges, i -> i == bins ? high : low + i * width);
    long[] counts = new long[bins];
    for (double value : x.convert(DType.F64).toDoubleArray()) {
      if (value >= low && value <= high) {
        int bin = Math.min(bins - 1, (int) ((value - low) / width));
        // The quotient is rounded; the edges decide.
        bin -= value < edges[bin] ? 1 : 0;
        bin += bin < bins - 1 && value >= edges[bin + 1] ? 1 : 0;
        counts[bin]++;
      }
    }
    return new Histogram(Tensor.of(counts, bins), Tensor.of(edges, bins + 1));
  }
}
