package io.github.shardsum.ops;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.rows.DoubleSelection;
import io.github.shardsum.internal.rows.FloatSelection;
import io.github.shardsum.internal.rows.LongSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums, largest elements and running sums along axes, of tensors of any dtype, strides and memory.
 *
 * <p>Results are fresh tensors on the heap in C order, equal to the bit for every number of threads
 * and every kind of memory. Thread-safe.
 */
public final class Reductions {
  private static final AlongAxis MAX =
      AlongAxis.each(FloatSelection::max, DoubleSelection::max, LongSelection::max);
  private static final AlongAxis ARG_MAX =
      AlongAxis.each(FloatSelection::argMax, DoubleSelection::argMax, LongSelection::argMax);
  private static final AlongAxis CUMULATE =
      AlongAxis.each(FloatSelection::cumulate, DoubleSelection::cumulate, LongSelection::cumulate);

  /** Elements of a piece that one thread takes of a long row. */
  private static final int PIECE = 1 << 16;

  private Reductions() {}

  /**
   * The sum over axes, as the einsum that leaves them out computes it: f32 within 1e-6 of the sum
   * of absolute terms, bf16 summed in f32 and rounded once, integers wrapping, OR for bool.
   *
   * @param workers threads to use
   * @param x the terms
   * @param axes the axes to sum over, in [0, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes; zeros where an axis was empty
   * @throws IllegalArgumentException if there is no such axis, or one is named twice
   */
  public static Tensor sum(Workers workers, Tensor x, int... axes) {
    distinct("sum", x, axes);
    int[] labels = IntStream.range(0, x.rank()).toArray();
    int[] kept =
        IntStream.of(labels).filter(i -> IntStream.of(axes).noneMatch(a -> a == i)).toArray();
    Equation equation = Equation.ofSublists(List.of(labels), kept);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    return Einsum.compileFor(equation, options, x).run(x);
  }

  /**
   * The largest element over axes; NaN if there is one.
   *
   * @param workers threads to use
   * @param x the elements
   * @param axes the axes, in [0, rank), each once; none gives a copy
   * @return x's dtype, and its shape without the axes
   * @throws IllegalArgumentException if there is no such axis, one is named twice or one is empty
   */
  public static Tensor max(Workers workers, Tensor x, int... axes) {
    distinct("max", x, axes);
    for (int axis : axes) {
      Checks.nonEmpty("max", x, axis);
    }
    if (axes.length == 0) {
      return x.copy();
    }
    int[] falling = IntStream.of(axes).map(axis -> -axis).sorted().map(axis -> -axis).toArray();
    Tensor result = x;
    for (int axis : falling) {
      result = max(workers, result, axis);
    }
    return result;
  }

  private static Tensor max(Workers workers, Tensor x, int axis) {
    long size = x.size(axis);
    boolean fewLongRows = size >= 2 * PIECE && x.shape().elementCount() / size < 8;
    if (!fewLongRows) {
      Tensor values = AlongAxis.sized(x.dtype(), x, axis, 1);
      MAX.run("max", workers, x, axis, values, AlongAxis.sized(DType.I32, x, axis, 0));
      return values.select(axis, 0);
    }
    // A few long rows: the largest of each piece, and then the largest of those.
    long pieces = Math.ceilDiv(size, PIECE);
    Tensor largest = AlongAxis.sized(x.dtype(), x, axis, pieces);
    Tensor whole = split(x.slice(axis, 0, (pieces - 1) * PIECE), axis, pieces - 1);
    largest.slice(axis, 0, pieces - 1).assign(max(workers, whole, axis + 1));
    Tensor rest = x.slice(axis, (pieces - 1) * PIECE, size);
    largest.select(axis, pieces - 1).assign(max(workers, rest, axis));
    return max(workers, largest, axis);
  }

  /** The view in which an axis is two: the piece, and the position in it. */
  private static Tensor split(Tensor x, int axis, long pieces) {
    long[] sizes = Arrays.copyOf(x.shape().toArray(), x.rank() + 1);
    System.arraycopy(sizes, axis, sizes, axis + 1, x.rank() - axis);
    sizes[axis] = pieces;
    sizes[axis + 1] = x.size(axis) / pieces;
    return x.reshape(sizes);
  }

  /**
   * The index of the largest element along an axis, the lowest of equal ones; NaN counts as the
   * largest.
   *
   * @param workers threads to use
   * @param x the elements
   * @param axis the axis, in [0, rank)
   * @return i32, of x's shape without the axis
   * @throws IllegalArgumentException if there is no such axis or it is empty
   */
  public static Tensor argMax(Workers workers, Tensor x, int axis) {
    Checks.axis("arg-max", x, axis);
    Checks.nonEmpty("arg-max", x, axis);
    Tensor indices = AlongAxis.sized(DType.I32, x, axis, 1);
    ARG_MAX.run("arg-max", workers, x, axis, AlongAxis.sized(x.dtype(), x, axis, 0), indices);
    return indices.select(axis, 0);
  }

  /**
   * Along an axis, for each element the sum of all up to and with it, added in order: f32 and bf16
   * in f64 and rounded once an element, integers wrapping, OR for bool.
   *
   * @param workers threads to use
   * @param x the terms
   * @param axis the axis, in [0, rank)
   * @return x's dtype and shape
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor cumulativeSum(Workers workers, Tensor x, int axis) {
    Checks.axis("cumulative sum", x, axis);
    Tensor values = Tensor.zeros(x.dtype(), x.shape());
    Tensor none = AlongAxis.sized(DType.I32, x, axis, 0);
    CUMULATE.run("cumulative sum", workers, x, axis, values, none);
    return values;
  }

  private static void distinct(String name, Tensor x, int[] axes) {
    for (int axis : axes) {
      Checks.axis(name, x, axis);
    }
    if (IntStream.of(axes).distinct().count() != axes.length) {
      throw new IllegalArgumentException(
          name + ": each axis once is wanted, got " + Arrays.toString(axes));
    }
  }
}
