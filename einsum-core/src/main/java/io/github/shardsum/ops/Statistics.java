package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.ops.AlongAxis;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.ops.OverAxes;
import io.github.shardsum.internal.rows.DoubleStatistics;
import io.github.shardsum.internal.rows.FloatStatistics;
import io.github.shardsum.internal.rows.LongAlongAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/**
 * Means, deviations, norms, log-sums of exponentials and quantiles over axes, of tensors of any
 * dtype, strides and memory.
 *
 * <p>The result has x's dtype if x is floating, and f64 otherwise. In sums of f32 and bf16, up to
 * 32 terms are added in f32 and their sums in f64: the error is within 1e-6 of the sum of absolute
 * terms. The result is rounded once. A NaN gives NaN. Results are equal to the bit for every number
 * of threads and every kind of memory. Returned tensors are fresh, on the heap in C order.
 * Thread-safe.
 */
public final class Statistics {
  /** Integers are computed in f64. */
  private static final LongAlongAxis.Rows NO_LONGS = (_, _, _, _, _, _, _, _, _, _, _, _) -> {};

  private static final LongAlongAxis.Columns NO_COLUMNS = (_, _, _, _, _, _, _, _) -> {};
  private static final AlongAxis MEAN =
      AlongAxis.each(FloatStatistics::mean, DoubleStatistics::mean, (_, _, _, _, _, _, _) -> {})
          .withColumns(FloatStatistics::meanColumns, DoubleStatistics::meanColumns, NO_COLUMNS);
  private static final AlongAxis NORM =
      AlongAxis.each(FloatStatistics::norm, DoubleStatistics::norm, (_, _, _, _, _, _, _) -> {})
          .withColumns(FloatStatistics::normColumns, DoubleStatistics::normColumns, NO_COLUMNS);
  private static final AlongAxis LOG_SUM_EXP =
      AlongAxis.each(
          FloatStatistics::logSumExp, DoubleStatistics::logSumExp, (_, _, _, _, _, _, _) -> {});

  private Statistics() {}

  /**
   * As {@link #mean(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #mean(Tensor, Axes)}
   */
  public static Tensor mean(Tensor x) {
    return mean(x, Axes.all());
  }

  /**
   * As {@link #mean(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor mean(Tensor x, int... axes) {
    return mean(x, Axes.of(axes));
  }

  /**
   * The sum divided by the number of elements, NaN if there are none; NumPy's {@code np.mean}. Uses
   * the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor mean(Tensor x, Axes axes) {
    return mean(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #mean(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor mean(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("mean", x));
    meanInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #mean(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void meanInto(Tensor out, Tensor x, int... axes) {
    meanInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #mean(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void meanInto(Tensor out, Tensor x, Axes axes) {
    meanInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #mean(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void meanInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    run("mean", MEAN, workers, out, x, axes, Double.NaN);
  }

  /**
   * As {@link #var(Tensor, int, Axes)} with ddof 0, of all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #var(Tensor, int, Axes)}
   */
  public static Tensor var(Tensor x) {
    return var(x, 0, Axes.all());
  }

  /**
   * As {@link #var(Tensor, int, Axes)} with ddof 0, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor var(Tensor x, int... axes) {
    return var(x, 0, Axes.of(axes));
  }

  /**
   * The sum of the squared distances from the mean, divided by the number of elements minus {@code
   * ddof}; NaN if there are no elements; NumPy's {@code np.var}. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor var(Tensor x, int ddof, Axes axes) {
    return var(DefaultOpsWorkers.get(), x, ddof, axes);
  }

  /**
   * As {@link #var(Tensor, int, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor var(Workers workers, Tensor x, int ddof, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("var", x));
    varInto(workers, out, x, ddof, axes);
    return out;
  }

  /**
   * As {@link #var(Tensor, int, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void varInto(Tensor out, Tensor x, int ddof, int... axes) {
    varInto(DefaultOpsWorkers.get(), out, x, ddof, Axes.of(axes));
  }

  /**
   * As {@link #var(Tensor, int, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void varInto(Tensor out, Tensor x, int ddof, Axes axes) {
    varInto(DefaultOpsWorkers.get(), out, x, ddof, axes);
  }

  /**
   * As {@link #var(Tensor, int, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void varInto(Workers workers, Tensor out, Tensor x, int ddof, Axes axes) {
    run(
        "var",
        new AlongAxis(FloatStatistics.var(ddof), DoubleStatistics.var(ddof), NO_LONGS)
            .withColumns(
                FloatStatistics.varColumns(ddof), DoubleStatistics.varColumns(ddof), NO_COLUMNS),
        workers,
        out,
        x,
        axes,
        Double.NaN);
  }

  /**
   * As {@link #std(Tensor, int, Axes)} with ddof 0, of all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #std(Tensor, int, Axes)}
   */
  public static Tensor std(Tensor x) {
    return std(x, 0, Axes.all());
  }

  /**
   * As {@link #std(Tensor, int, Axes)} with ddof 0, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor std(Tensor x, int... axes) {
    return std(x, 0, Axes.of(axes));
  }

  /**
   * The square root of {@link #var(Tensor, int, Axes)}; NumPy's {@code np.std}. Uses the threads of
   * the process.
   *
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor std(Tensor x, int ddof, Axes axes) {
    return std(DefaultOpsWorkers.get(), x, ddof, axes);
  }

  /**
   * As {@link #std(Tensor, int, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor std(Workers workers, Tensor x, int ddof, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("std", x));
    stdInto(workers, out, x, ddof, axes);
    return out;
  }

  /**
   * As {@link #std(Tensor, int, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void stdInto(Tensor out, Tensor x, int ddof, int... axes) {
    stdInto(DefaultOpsWorkers.get(), out, x, ddof, Axes.of(axes));
  }

  /**
   * As {@link #std(Tensor, int, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void stdInto(Tensor out, Tensor x, int ddof, Axes axes) {
    stdInto(DefaultOpsWorkers.get(), out, x, ddof, axes);
  }

  /**
   * As {@link #std(Tensor, int, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param ddof subtracted from the number of elements: 1 for a sample
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void stdInto(Workers workers, Tensor out, Tensor x, int ddof, Axes axes) {
    run(
        "std",
        new AlongAxis(FloatStatistics.std(ddof), DoubleStatistics.std(ddof), NO_LONGS)
            .withColumns(
                FloatStatistics.stdColumns(ddof), DoubleStatistics.stdColumns(ddof), NO_COLUMNS),
        workers,
        out,
        x,
        axes,
        Double.NaN);
  }

  /**
   * As {@link #norm(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #norm(Tensor, Axes)}
   */
  public static Tensor norm(Tensor x) {
    return norm(x, Axes.all());
  }

  /**
   * As {@link #norm(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor norm(Tensor x, int... axes) {
    return norm(x, Axes.of(axes));
  }

  /**
   * The square root of the sum of squares, 0 if there are no elements; NumPy's {@code
   * np.linalg.norm}. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor norm(Tensor x, Axes axes) {
    return norm(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #norm(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor norm(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("norm", x));
    normInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #norm(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void normInto(Tensor out, Tensor x, int... axes) {
    normInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #norm(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void normInto(Tensor out, Tensor x, Axes axes) {
    normInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #norm(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void normInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    run("norm", NORM, workers, out, x, axes, 0);
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #logSumExp(Tensor, Axes)}
   */
  public static Tensor logSumExp(Tensor x) {
    return logSumExp(x, Axes.all());
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor logSumExp(Tensor x, int... axes) {
    return logSumExp(x, Axes.of(axes));
  }

  /**
   * The logarithm of the sum of e^x, without overflow; -infinity if there are no elements; NumPy's
   * {@code np.logaddexp.reduce}. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor logSumExp(Tensor x, Axes axes) {
    return logSumExp(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor logSumExp(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("logSumExp", x));
    logSumExpInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void logSumExpInto(Tensor out, Tensor x, int... axes) {
    logSumExpInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void logSumExpInto(Tensor out, Tensor x, Axes axes) {
    logSumExpInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #logSumExp(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void logSumExpInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    run("logSumExp", LOG_SUM_EXP, workers, out, x, axes, Double.NEGATIVE_INFINITY);
  }

  /**
   * As {@link #median(Tensor, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #median(Tensor, Axes)}
   */
  public static Tensor median(Tensor x) {
    return median(x, Axes.all());
  }

  /**
   * As {@link #median(Tensor, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor median(Tensor x, int... axes) {
    return median(x, Axes.of(axes));
  }

  /**
   * The middle element, or the mean of the middle two; NumPy's {@code np.median}. NaN if there is a
   * NaN or no element. The elements are selected, not sorted. Uses the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor median(Tensor x, Axes axes) {
    return median(DefaultOpsWorkers.get(), x, axes);
  }

  /**
   * As {@link #median(Tensor, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public static Tensor median(Workers workers, Tensor x, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("median", x));
    medianInto(workers, out, x, axes);
    return out;
  }

  /**
   * As {@link #median(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void medianInto(Tensor out, Tensor x, int... axes) {
    medianInto(DefaultOpsWorkers.get(), out, x, Axes.of(axes));
  }

  /**
   * As {@link #median(Tensor, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void medianInto(Tensor out, Tensor x, Axes axes) {
    medianInto(DefaultOpsWorkers.get(), out, x, axes);
  }

  /**
   * As {@link #median(Tensor, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or out does not
   *     fit; nothing is then written
   */
  public static void medianInto(Workers workers, Tensor out, Tensor x, Axes axes) {
    run("median", quantiles(0.5), workers, out, x, axes, Double.NaN);
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, over all elements.
   *
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @return a scalar, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException as {@link #quantile(Tensor, double, Axes)}
   */
  public static Tensor quantile(Tensor x, double q) {
    return quantile(x, q, Axes.all());
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, over axes that the result does not keep.
   *
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes, each once; -1 is the last one
   * @return x's dtype if that is floating, else f64, and x's shape without the axes
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or q is outside
   *     [0, 1]
   */
  public static Tensor quantile(Tensor x, double q, int... axes) {
    return quantile(x, q, Axes.of(axes));
  }

  /**
   * The quantile q, interpolated linearly between the two nearest elements; NumPy's {@code
   * np.quantile}. NaN if there is a NaN or no element. The elements are selected, not sorted. Uses
   * the threads of the process.
   *
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or q is outside
   *     [0, 1]
   */
  public static Tensor quantile(Tensor x, double q, Axes axes) {
    return quantile(DefaultOpsWorkers.get(), x, q, axes);
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, by given threads.
   *
   * @param workers threads to use
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes, and whether the result keeps them
   * @return the result, of x's dtype if that is floating, else of f64
   * @throws IllegalArgumentException if an axis does not exist or is named twice, or q is outside
   *     [0, 1]
   */
  public static Tensor quantile(Workers workers, Tensor x, double q, Axes axes) {
    Tensor out = Tensor.zeros(dtype(x), axes.result("quantile", x));
    quantileInto(workers, out, x, q, axes);
    return out;
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes, each once; -1 is the last one
   * @throws IllegalArgumentException if an axis does not exist or is named twice, q is outside [0,
   *     1], or out does not fit; nothing is then written
   */
  public static void quantileInto(Tensor out, Tensor x, double q, int... axes) {
    quantileInto(DefaultOpsWorkers.get(), out, x, q, Axes.of(axes));
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, into a given result.
   *
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, q is outside [0,
   *     1], or out does not fit; nothing is then written
   */
  public static void quantileInto(Tensor out, Tensor x, double q, Axes axes) {
    quantileInto(DefaultOpsWorkers.get(), out, x, q, axes);
  }

  /**
   * As {@link #quantile(Tensor, double, Axes)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype if that is floating, else of f64, and of x's shape without
   *     the axes, or with size 1 there; shares no element with x
   * @param x any dtype, strides and memory
   * @param q the part of the elements that is below, in [0, 1]
   * @param axes the axes; out says whether they are kept
   * @throws IllegalArgumentException if an axis does not exist or is named twice, q is outside [0,
   *     1], or out does not fit; nothing is then written
   */
  public static void quantileInto(Workers workers, Tensor out, Tensor x, double q, Axes axes) {
    if (!(q >= 0 && q <= 1)) {
      throw new IllegalArgumentException("quantile: q must be in [0, 1], got " + q);
    }
    run("quantile", quantiles(q), workers, out, x, axes, Double.NaN);
  }

  private static AlongAxis quantiles(double q) {
    return new AlongAxis(FloatStatistics.quantile(q), DoubleStatistics.quantile(q), NO_LONGS);
  }

  private static DType dtype(Tensor x) {
    return x.dtype().isFloating() ? x.dtype() : DType.F64;
  }

  private static void run(
      String name,
      AlongAxis rows,
      Workers workers,
      Tensor out,
      Tensor x,
      Axes axes,
      double ofNone) {
    int[] numbers = axes.in(name, x);
    Tensor bare = axes.bare(name, out, x);
    OperandChecks.out(name, bare, dtype(x), Axes.without(x, numbers));
    // An f64 value that is stored as bf16 by way of f32 would be rounded twice.
    ComputeType type = x.dtype() == DType.F32 ? ComputeType.FLOAT : ComputeType.DOUBLE;
    OverAxes.run(name, rows, type, workers, bare, x, numbers, ofNone);
  }
}
