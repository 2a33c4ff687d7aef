package io.github.shardsum.ops;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.ops.AlongAxis;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.ops.OverAxes;
import io.github.shardsum.internal.rows.DoubleSelection;
import io.github.shardsum.internal.rows.DoubleStatistics;
import io.github.shardsum.internal.rows.FloatSelection;
import io.github.shardsum.internal.rows.FloatStatistics;
import io.github.shardsum.internal.rows.LongSelection;
import io.github.shardsum.internal.rows.LongStatistics;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums, products, largest and smallest elements, their positions, and cumulative sums, along axes
 * of tensors of any dtype, strides and memory.
 *
 * <p>Results are equal to the bit for every number of threads and every kind of memory. Returned
 * tensors are fresh, on the heap in C order. Thread-safe.
 */
public final class Reductions {
  private static final AlongAxis MAX =
      AlongAxis.each(FloatSelection::max, DoubleSelection::max, LongSelection::max)
          .withColumns(
              FloatSelection::maxColumns, DoubleSelection::maxColumns, LongSelection::maxColumns);
  private static final AlongAxis MIN =
      AlongAxis.each(FloatSelection::min, DoubleSelection::min, LongSelection::min)
          .withColumns(
              FloatSelection::minColumns, DoubleSelection::minColumns, LongSelection::minColumns);
  private static final AlongAxis ARG_MAX =
      AlongAxis.each(FloatSelection::argMax, DoubleSelection::argMax, LongSelection::argMax);
  private static final AlongAxis ARG_MIN =
      AlongAxis.each(FloatSelection::argMin, DoubleSelection::argMin, LongSelection::argMin);
  private static final AlongAxis PROD =
      AlongAxis.each(FloatStatistics::prod, DoubleStatistics::prod, LongStatistics::prod)
          .withColumns(
              FloatStatistics::prodColumns,
              DoubleStatistics::prodColumns,
              LongStatistics::prodColumns);
  private static final AlongAxis ANY =
      AlongAxis.each(FloatStatistics::any, DoubleStatistics::any, LongStatistics::any)
          .withColumns(
              FloatStatistics::anyColumns,
              DoubleStatistics::anyColumns,
              LongStatistics::anyColumns);
  private static final AlongAxis ALL =
      AlongAxis.each(FloatStatistics::all, DoubleStatistics::all, LongStatistics::all)
          .withColumns(
              FloatStatistics::allColumns,
              DoubleStatistics::allColumns,
              LongStatistics::allColumns);

  /** Elements of a piece of a long row; one thread reduces a piece. */
  private static final int PIECE = 1 << 16;

  private Reductions() {}

  /**
   * The sum over axes, as the einsum that leaves them out computes it: f32 within 1e-6 of the sum
   * of absolute terms, bf16 summed in f32 and rounded once, integers wrapping, OR for bool.
   *
   * @param workers threads to use
   * @param x the terms
   * @param axes the axes to sum over, in [-rank, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes; zeros where an axis was empty
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(Workers workers, Tensor x, int... axes) {
    return sumOver(workers, SumOrder.FASTEST, x, axes).run(x);
  }

  /**
   * As {@link #sum(Workers, Tensor, int...)}, with an order of sums.
   *
   * @param workers threads to use
   * @param sums the order of floating-point sums
   * @param x the terms
   * @param axes the axes to sum over, in [-rank, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes; zeros where an axis was empty
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(Workers workers, SumOrder sums, Tensor x, int... axes) {
    return sumOver(workers, sums, x, axes).run(x);
  }

  /**
   * As {@link #sum(Workers, SumOrder, Tensor, int...)}, by the threads of the process.
   *
   * @param sums the order of floating-point sums
   * @param x the terms
   * @param axes the axes to sum over, in [-rank, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes; zeros where an axis was empty
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(SumOrder sums, Tensor x, int... axes) {
    return sum(DefaultOpsWorkers.get(), sums, x, axes);
  }

  /**
   * As {@link #sum(SumOrder, Tensor, int...)}, into a given result.
   *
   * @param out the result, of x's dtype and of its shape without the axes
   * @param sums the order of floating-point sums
   * @param x the terms
   * @param axes the axes to sum over, in [-rank, rank), each once
   * @throws IllegalArgumentException as {@link #sum(Workers, Tensor, int...)}, or if out does not
   *     fit; nothing is then written
   */
  public static void sumInto(Tensor out, SumOrder sums, Tensor x, int... axes) {
    sumOver(DefaultOpsWorkers.get(), sums, x, axes).runInto(out, x);
  }

  /**
   * As {@link #sum(Workers, Tensor, int...)}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of its shape without the axes
   * @param x the terms
   * @param axes the axes to sum over, in [-rank, rank), each once
   * @throws IllegalArgumentException as {@link #sum(Workers, Tensor, int...)}, or if out does not
   *     fit; nothing is then written
   */
  public static void sumInto(Workers workers, Tensor out, Tensor x, int... axes) {
    sumOver(workers, SumOrder.FASTEST, x, axes).runInto(out, x);
  }

  private static Einsum sumOver(Workers workers, SumOrder sums, Tensor x, int... axes) {
    int[] numbers = rowAxes("sum", x, axes);
    int[] labels = IntStream.range(0, x.rank()).toArray();
    int[] kept =
        IntStream.of(labels).filter(i -> IntStream.of(numbers).noneMatch(a -> a == i)).toArray();
    Equation equation = Equation.ofSublists(List.of(labels), kept);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers).withSums(sums);
    return Einsum.compile(equation, options, OperandSpec.like(x));
  }

  /**
   * The largest element over axes; NaN if one is NaN.
   *
   * @param workers threads to use
   * @param x the elements
   * @param axes the axes, in [-rank, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if an axis does not exist, is named twice or is empty
   */
  public static Tensor max(Workers workers, Tensor x, int... axes) {
    return reduce("max", MAX, workers, x, axes);
  }

  /**
   * As {@link #max(Workers, Tensor, int...)}, into a given result; over no elements it is
   * -infinity, the lowest integer, or false.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of its shape without the axes
   * @param x the elements
   * @param axes the axes, in [-rank, rank), each once
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void maxInto(Workers workers, Tensor out, Tensor x, int... axes) {
    reduceInto("max", MAX, workers, out, x, axes);
  }

  /**
   * The smallest element over axes; NaN if one is NaN.
   *
   * @param workers threads to use
   * @param x the elements
   * @param axes the axes, in [-rank, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException as {@link #max(Workers, Tensor, int...)}
   */
  public static Tensor min(Workers workers, Tensor x, int... axes) {
    return reduce("min", MIN, workers, x, axes);
  }

  /**
   * As {@link #min(Workers, Tensor, int...)}, into a given result; over no elements it is infinity,
   * the highest integer, or true.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of its shape without the axes
   * @param x the elements
   * @param axes the axes, in [-rank, rank), each once
   * @throws IllegalArgumentException as {@link #maxInto(Workers, Tensor, Tensor, int...)}
   */
  public static void minInto(Workers workers, Tensor out, Tensor x, int... axes) {
    reduceInto("min", MIN, workers, out, x, axes);
  }

  private static Tensor reduce(
      String name, AlongAxis reduction, Workers workers, Tensor x, int... axes) {
    int[] numbers = rowAxes(name, x, axes);
    for (int axis : numbers) {
      OperandChecks.nonEmpty(name, x, axis);
    }
    Tensor out = Tensor.zeros(x.dtype(), Axes.without(x, numbers));
    reduceInto(name, reduction, workers, out, x, numbers);
    return out;
  }

  private static void reduceInto(
      String name, AlongAxis reduction, Workers workers, Tensor out, Tensor x, int... axes) {
    int[] numbers = rowAxes(name, x, axes);
    OperandChecks.out(name, out, x.dtype(), Axes.without(x, numbers));
    OperandChecks.apart(name, out, x);
    if (x.shape().elementCount() == 0) {
      out.assign(identity(x.dtype(), reduction.equals(MAX)).broadcastTo(out.shape()));
      return;
    }
    if (numbers.length == 0) {
      out.assign(x);
      return;
    }
    // From the last axis to the first, so that the remaining axes keep their numbers.
    Tensor rest = x;
    for (int i = numbers.length - 1; i > 0; i--) {
      Tensor less = Tensor.zeros(x.dtype(), Axes.without(rest, numbers[i]));
      alongOne(name, reduction, workers, less, rest, numbers[i]);
      rest = less;
    }
    alongOne(name, reduction, workers, out, rest, numbers[0]);
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

  /** The result over no elements. */
  private static Tensor identity(DType dtype, boolean max) {
    Tensor one = Tensor.zeros(dtype);
    switch (dtype) {
      case F32, F64, BF16 -> one.set(max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
      case I32 -> one.set((long) (max ? Integer.MIN_VALUE : Integer.MAX_VALUE));
      case I64 -> one.set(max ? Long.MIN_VALUE : Long.MAX_VALUE);
      case BOOL -> one.set(max ? 0L : 1L);
    }
    return one;
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
   * The index of the largest element along an axis; among equal ones, the lowest index. NaN counts
   * as the largest.
   *
   * @param workers threads to use
   * @param x the elements
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return i32, of x's shape without the axis
   * @throws IllegalArgumentException if the axis does not exist or is empty
   */
  public static Tensor argMax(Workers workers, Tensor x, int axis) {
    int number = OperandChecks.rowAxis("arg-max", x, axis);
    Tensor out = Tensor.zeros(DType.I32, Axes.without(x, number));
    argMaxInto(workers, out, x, number);
    return out;
  }

  /**
   * As {@link #argMax(Workers, Tensor, int)}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, i32 or i64, of x's shape without the axis
   * @param x the elements
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @throws IllegalArgumentException as {@link #argMax(Workers, Tensor, int)}, or if out does not
   *     fit; nothing is then written
   */
  public static void argMaxInto(Workers workers, Tensor out, Tensor x, int axis) {
    int number = OperandChecks.rowAxis("arg-max", x, axis);
    OperandChecks.nonEmpty("arg-max", x, number);
    DType dtype = out.dtype() == DType.I64 ? DType.I64 : DType.I32;
    OperandChecks.out("arg-max", out, dtype, Axes.without(x, number));
    OperandChecks.apart("arg-max", out, x);
    Tensor none = AlongAxis.sized(x.dtype(), x, number, 0);
    ARG_MAX.run("arg-max", workers, x, number, none, out.expand(number));
  }

  /**
   * For each element, the sum of all elements along an axis up to and including this one, added in
   * order. f32 and bf16 are summed in f64, and each sum is rounded once; integers wrap; bool uses
   * OR.
   *
   * @param workers threads to use
   * @param x the terms
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return x's dtype and shape
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor cumulativeSum(Workers workers, Tensor x, int axis) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    cumulativeSumInto(workers, out, x, axis, false, false);
    return out;
  }

  /**
   * As {@link #cumulativeSum(Workers, Tensor, int)}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; may be x itself, but must not overlap it
   *     otherwise
   * @param x the terms
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @param exclusive whether each sum leaves out its own element
   * @param reverse whether sums go from the last element to the first
   * @throws IllegalArgumentException if the axis does not exist or out does not fit; nothing is
   *     then written
   */
  public static void cumulativeSumInto(
      Workers workers, Tensor out, Tensor x, int axis, boolean exclusive, boolean reverse) {
    int number = OperandChecks.rowAxis("cumulative sum", x, axis);
    OperandChecks.out("cumulative sum", out, x.dtype(), x.shape());
    OperandChecks.apartOrSame("cumulative sum", out, x);
    // A sum in f64 that is stored as bf16 through f32 would be rounded twice.
    ComputeType type = x.dtype() == DType.BF16 ? ComputeType.DOUBLE : ComputeType.of(x.dtype());
    Tensor none = AlongAxis.sized(DType.I32, x, number, 0);
    AlongAxis.each(
            FloatSelection.cumulate(exclusive, reverse),
            DoubleSelection.cumulate(exclusive, reverse),
            LongSelection.cumulate(exclusive, reverse))
        .run("cumulative sum", type, workers, x, number, out, none);
  }

  /**
   * As {@link #sum(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of x's dtype
   * @throws IllegalArgumentException as {@link #sum(Tensor, Axes)}
   */
  public static Tensor sum(Tensor x) {
    return sum(x, Axes.all());
  }

  /**
   * As {@link #sum(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(Tensor x, int... axes) {
    return sum(x, Axes.of(axes));
  }

  /**
   * The sum, as {@link #sum(Workers, Tensor, int...)}; NumPy's {@code np.sum}. The result has x's
   * dtype, where NumPy widens i32 and bool. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(Tensor x, Axes axes) {
    return sum(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #sum(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor sum(Workers workers, Tensor x, Axes axes) {
    int[] numbers = axes.in("sum", x);
    return axes.shaped("sum", sum(workers, x, numbers), x);
  }

  /**
   * As {@link #sum(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void sumInto(Tensor out, Tensor x, int... axes) {
    sumInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #sum(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void sumInto(Tensor out, Tensor x, Axes axes) {
    sumInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #sum(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void sumInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    sumInto(workers, axes.bare("sum", out, x), x, axes.in("sum", x));
  }

  /**
   * As {@link #max(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of x's dtype
   * @throws IllegalArgumentException as {@link #max(Tensor, Axes)}
   */
  public static Tensor max(Tensor x) {
    return max(x, Axes.all());
  }

  /**
   * As {@link #max(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor max(Tensor x, int... axes) {
    return max(x, Axes.of(axes));
  }

  /**
   * The largest element; NaN if one is NaN; NumPy's {@code np.max}. Uses the threads of the
   * process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor max(Tensor x, Axes axes) {
    return max(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #max(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor max(Workers workers, Tensor x, Axes axes) {
    int[] numbers = axes.in("max", x);
    return axes.shaped("max", max(workers, x, numbers), x);
  }

  /**
   * As {@link #max(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void maxInto(Tensor out, Tensor x, int... axes) {
    maxInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #max(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void maxInto(Tensor out, Tensor x, Axes axes) {
    maxInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #max(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void maxInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    maxInto(workers, axes.bare("max", out, x), x, axes.in("max", x));
  }

  /**
   * As {@link #min(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of x's dtype
   * @throws IllegalArgumentException as {@link #min(Tensor, Axes)}
   */
  public static Tensor min(Tensor x) {
    return min(x, Axes.all());
  }

  /**
   * As {@link #min(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor min(Tensor x, int... axes) {
    return min(x, Axes.of(axes));
  }

  /**
   * The smallest element; NaN if one is NaN; NumPy's {@code np.min}. Uses the threads of the
   * process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor min(Tensor x, Axes axes) {
    return min(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #min(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor min(Workers workers, Tensor x, Axes axes) {
    int[] numbers = axes.in("min", x);
    return axes.shaped("min", min(workers, x, numbers), x);
  }

  /**
   * As {@link #min(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void minInto(Tensor out, Tensor x, int... axes) {
    minInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #min(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void minInto(Tensor out, Tensor x, Axes axes) {
    minInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #min(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void minInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    minInto(workers, axes.bare("min", out, x), x, axes.in("min", x));
  }

  /**
   * As {@link #prod(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of x's dtype
   * @throws IllegalArgumentException as {@link #prod(Tensor, Axes)}
   */
  public static Tensor prod(Tensor x) {
    return prod(x, Axes.all());
  }

  /**
   * As {@link #prod(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor prod(Tensor x, int... axes) {
    return prod(x, Axes.of(axes));
  }

  /**
   * The product, 1 if there are no elements; NumPy's {@code np.prod}. The result has x's dtype,
   * where NumPy widens i32 and bool. Integers wrap; bool uses AND. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor prod(Tensor x, Axes axes) {
    return prod(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #prod(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return x's dtype, and its shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor prod(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(x.dtype(), axes.result("prod", x));
    prodInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #prod(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void prodInto(Tensor out, Tensor x, int... axes) {
    prodInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #prod(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void prodInto(Tensor out, Tensor x, Axes axes) {
    prodInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #prod(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void prodInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    over("prod", PROD, workers, out, x.dtype(), x, axes, 1);
  }

  /**
   * As {@link #any(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of bool
   * @throws IllegalArgumentException as {@link #any(Tensor, Axes)}
   */
  public static Tensor any(Tensor x) {
    return any(x, Axes.all());
  }

  /**
   * As {@link #any(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return bool, of x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor any(Tensor x, int... axes) {
    return any(x, Axes.of(axes));
  }

  /**
   * Whether some element is true, that is, not zero; false if there are no elements; NumPy's {@code
   * np.any}. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return bool, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor any(Tensor x, Axes axes) {
    return any(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #any(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return bool, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor any(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(DType.BOOL, axes.result("any", x));
    anyInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #any(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void anyInto(Tensor out, Tensor x, int... axes) {
    anyInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #any(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void anyInto(Tensor out, Tensor x, Axes axes) {
    anyInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #any(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void anyInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    over("any", ANY, workers, out, DType.BOOL, x, axes, 0);
  }

  /**
   * As {@link #all(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of bool
   * @throws IllegalArgumentException as {@link #all(Tensor, Axes)}
   */
  public static Tensor all(Tensor x) {
    return all(x, Axes.all());
  }

  /**
   * As {@link #all(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return bool, of x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor all(Tensor x, int... axes) {
    return all(x, Axes.of(axes));
  }

  /**
   * Whether all elements are true, that is, not zero; true if there are no elements; NumPy's {@code
   * np.all}. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return bool, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor all(Tensor x, Axes axes) {
    return all(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #all(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return bool, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor all(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(DType.BOOL, axes.result("all", x));
    allInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #all(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void allInto(Tensor out, Tensor x, int... axes) {
    allInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #all(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void allInto(Tensor out, Tensor x, Axes axes) {
    allInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #all(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and of x's shape without the axes, or with size 1 there; shares
   *     no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void allInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    over("all", ALL, workers, out, DType.BOOL, x, axes, 1);
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of i32
   * @throws IllegalArgumentException as {@link #argMax(Tensor, Axes)}
   */
  public static Tensor argMax(Tensor x) {
    return argMax(x, Axes.all());
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return i32, of x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMax(Tensor x, int... axes) {
    return argMax(x, Axes.of(axes));
  }

  /**
   * The position of the largest element, in C order over the axes; NumPy's {@code np.argmax}. Among
   * equal elements it is the lowest position; if there is a NaN, it is the position of the first
   * one. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return i32, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMax(Tensor x, Axes axes) {
    return argMax(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return i32, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMax(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(DType.I32, axes.result("argMax", x));
    argMaxInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMaxInto(Tensor out, Tensor x, int... axes) {
    argMaxInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMaxInto(Tensor out, Tensor x, Axes axes) {
    argMaxInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #argMax(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMaxInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    position("arg-max", ARG_MAX, workers, out, x, axes);
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar of i32
   * @throws IllegalArgumentException as {@link #argMin(Tensor, Axes)}
   */
  public static Tensor argMin(Tensor x) {
    return argMin(x, Axes.all());
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return i32, of x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMin(Tensor x, int... axes) {
    return argMin(x, Axes.of(axes));
  }

  /**
   * The position of the smallest element, in C order over the axes; NumPy's {@code np.argmin}.
   * Among equal elements it is the lowest position; if there is a NaN, it is the position of the
   * first one. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return i32, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMin(Tensor x, Axes axes) {
    return argMin(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return i32, of x's shape without the axes or with size 1 there
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or there is no
   *     element
   */
  public static Tensor argMin(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(DType.I32, axes.result("argMin", x));
    argMinInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMinInto(Tensor out, Tensor x, int... axes) {
    argMinInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMinInto(Tensor out, Tensor x, Axes axes) {
    argMinInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #argMin(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of i32 or i64 and of x's shape without the axes, or with size 1 there;
   *     shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, there is no
   *     element, or out does not fit; nothing is then written
   */
  public static void argMinInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    position("arg-min", ARG_MIN, workers, out, x, axes);
  }

  private static void over(
      String name,
      AlongAxis rows,
      Workers workers,
      Tensor out,
      DType dtype,
      Tensor x,
      Axes axes,
      double ofNone) {
    int[] numbers = axes.in(name, x);
    Tensor bare = axes.bare(name, out, x);
    OperandChecks.out(name, bare, dtype, Axes.without(x, numbers));
    // A product in f64 that is stored as bf16 through f32 would be rounded twice.
    ComputeType type = x.dtype() == DType.BF16 ? ComputeType.DOUBLE : ComputeType.of(x.dtype());
    OverAxes.run(name, rows, type, workers, bare, x, numbers, ofNone);
  }

  private static void position(
      String name, AlongAxis rows, Workers workers, Tensor out, Tensor x, Axes axes) {
    int[] numbers = axes.in(name, x);
    for (int axis : numbers) {
      OperandChecks.nonEmpty(name, x, axis);
    }
    Tensor bare = axes.bare(name, out, x);
    DType dtype = out.dtype() == DType.I64 ? DType.I64 : DType.I32;
    OperandChecks.out(name, bare, dtype, Axes.without(x, numbers));
    OverAxes.position(name, rows, workers, bare, x, numbers);
  }

  /**
   * As {@link #cumulativeSum(Workers, Tensor, int)}, by the threads of the process; NumPy's {@code
   * np.cumsum}.
   *
   * @param x the terms
   * @param axis the axis; -1 is the last one
   * @return x's dtype and shape
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor cumulativeSum(Tensor x, int axis) {
    return cumulativeSum(DefaultOpsWorkers.get(), x, axis);
  }

  /**
   * As {@link #cumulativeSum(Tensor, int)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; may be x itself, but must not overlap it
   *     otherwise
   * @param x the terms
   * @param axis the axis; -1 is the last one
   * @throws IllegalArgumentException if the axis does not exist or out does not fit; nothing is
   *     then written
   */
  public static void cumulativeSumInto(Tensor out, Tensor x, int axis) {
    cumulativeSumInto(DefaultOpsWorkers.get(), out, x, axis, false, false);
  }

  /**
   * As {@link #cumulativeSumInto(Workers, Tensor, Tensor, int, boolean, boolean)}, by the threads
   * of the process.
   *
   * @param out the result, of x's dtype and shape; may be x itself, but must not overlap it
   *     otherwise
   * @param x the terms
   * @param axis the axis; -1 is the last one
   * @param exclusive whether each sum leaves out its own element
   * @param reverse whether sums go from the last element to the first
   * @throws IllegalArgumentException if the axis does not exist or out does not fit; nothing is
   *     then written
   */
  public static void cumulativeSumInto(
      Tensor out, Tensor x, int axis, boolean exclusive, boolean reverse) {
    cumulativeSumInto(DefaultOpsWorkers.get(), out, x, axis, exclusive, reverse);
  }

  /** The axes counted from the front; a row along each of them must fit into a Java array. */
  private static int[] rowAxes(String name, Tensor x, int... axes) {
    int[] numbers = OperandChecks.axes(name, x, axes);
    for (int axis : numbers) {
      OperandChecks.rowAxis(name, x, axis);
    }
    return numbers;
  }
}
