package io.github.shardsum.ops;

import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.IndexedFill;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Tensors of numbers that follow a rule, on the heap in C order. {@link Tensor#zeros}, {@link
 * Tensor#ones} and {@link Tensor#full} make constant tensors. Thread-safe.
 */
public final class Creation {
  private Creation() {}

  /**
   * The integers from 0 to n - 1 (NumPy's {@code np.arange(n)}).
   *
   * @param dtype the element type, any but bool
   * @param n the number of elements, at least 0
   * @return a fresh tensor {@code [n]}
   * @throws IllegalArgumentException if the dtype is bool or n is negative
   */
  public static Tensor arange(DType dtype, long n) {
    if (n < 0) {
      throw new IllegalArgumentException("arange: n must be at least 0, got " + n);
    }
    return arange(dtype, 0, n, 1);
  }

  /**
   * The numbers start, start + step, ... before stop (NumPy's {@code np.arange(start, stop,
   * step)}), each computed as start + i * step in f64 and rounded once; exact for integers up to
   * 2^53.
   *
   * @param dtype the element type, any but bool
   * @param start the first number
   * @param stop the end, which is not part of the result
   * @param step the distance, not 0
   * @return a fresh tensor of ceil((stop - start) / step) elements, none if that is negative
   * @throws IllegalArgumentException if the dtype is bool, an argument is not finite, or the step
   *     is 0
   */
  public static Tensor arange(DType dtype, double start, double stop, double step) {
    double count = Math.ceil((stop - start) / step);
    boolean finite = Double.isFinite(step) && Double.isFinite(count);
    if (dtype == DType.BOOL || step == 0 || !finite) {
      throw new IllegalArgumentException(
          "arange: expected a dtype of numbers and finite numbers with a step other than 0, got "
              + dtype
              + " from "
              + start
              + " to "
              + stop
              + " by "
              + step);
    }
    Tensor out = Tensor.zeros(dtype, length("arange", Math.max(0, count)));
    arangeInto(out, start, step);
    return out;
  }

  /**
   * The numbers start, start + step, ... into a given result, as many as it has elements.
   *
   * @param out the result {@code [n]}, of any dtype but bool
   * @param start the first number
   * @param step the distance
   * @throws IllegalArgumentException if out has another dtype or rank, is read-only or overlaps
   *     itself; nothing is then written
   */
  public static void arangeInto(Tensor out, double start, double step) {
    OperandChecks.number("arange", out);
    fill("arange", out, (from, n, values, _) -> line(start, step, from, n, values));
  }

  /**
   * Numbers at equal distances from start to stop, both included (NumPy's {@code np.linspace}).
   * They are computed in f64 and rounded once.
   *
   * @param dtype the element type, floating
   * @param start the first number
   * @param stop the last number
   * @param n the number of elements, at least 0; if it is 1, the result is start
   * @return a fresh tensor {@code [n]}
   * @throws IllegalArgumentException if the dtype is not floating or n is negative
   */
  public static Tensor linspace(DType dtype, double start, double stop, long n) {
    if (!dtype.isFloating() || n < 0) {
      throw new IllegalArgumentException(
          "linspace: expected a floating dtype and n of at least 0, got " + dtype + " and " + n);
    }
    Tensor out = Tensor.zeros(dtype, length("linspace", n));
    linspaceInto(out, start, stop);
    return out;
  }

  /**
   * As {@link #linspace}, into a given result, as many numbers as it has elements.
   *
   * @param out the result {@code [n]}, of a floating dtype
   * @param start the first number
   * @param stop the last number
   * @throws IllegalArgumentException if out has another dtype or rank, is read-only or overlaps
   *     itself; nothing is then written
   */
  public static void linspaceInto(Tensor out, double start, double stop) {
    OperandChecks.floating("linspace", out);
    long all = out.shape().elementCount();
    double step = (stop - start) / (all - 1);
    fill(
        "linspace",
        out,
        (from, n, values, _) -> {
          line(start, step, from, n, values);
          if (all > 1 && from + n == all) {
            values[n - 1] = stop;
          }
          if (from == 0) {
            values[0] = start;
          }
        });
  }

  /** Writes start + i * step for n numbers i from a first one on. */
  private static void line(double start, double step, long from, int n, double[] values) {
    // C2 vectorises first + i at every width, because i is an int. The sum is exact below 2^53.
    double first = from;
    for (int i = 0; i < n; i++) {
      values[i] = start + (first + i) * step;
    }
  }

  private static int length(String name, double count) {
    if (!(count >= 0 && count <= Shape.LONGEST_ARRAY)) {
      throw new IllegalArgumentException(name + ": expected 0 to 2^31 - 9 elements, got " + count);
    }
    return (int) count;
  }

  /** Writes the number that belongs to each index, on the calling thread. */
  private static void fill(String name, Tensor out, IndexedFill.Doubles numbers) {
    if (out.rank() != 1) {
      throw new IllegalArgumentException(
          name + ": expected an out with one axis, got " + out.description());
    }
    IndexedFill.doubles(name, DefaultOpsWorkers.get().alone(), out, numbers);
  }

  /**
   * A matrix with ones on its diagonal (NumPy's {@code np.eye}).
   *
   * @param dtype the element type
   * @param n rows and columns
   * @return a fresh tensor {@code [n, n]}
   * @throws IllegalArgumentException if n is negative
   */
  public static Tensor eye(DType dtype, long n) {
    return eye(dtype, n, n, 0);
  }

  /**
   * A matrix with ones on a diagonal (NumPy's {@code np.eye(n, m, k)}).
   *
   * @param dtype the element type
   * @param rows the number of rows
   * @param columns the number of columns
   * @param k the diagonal: 0 is the main one, 1 is above it, -1 below
   * @return a fresh tensor {@code [rows, columns]}
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor eye(DType dtype, long rows, long columns, long k) {
    Tensor matrix = Tensor.zeros(dtype, rows, columns);
    diagonal(matrix, k);
    return matrix;
  }

  /**
   * As {@link #eye(DType, long, long, long)}, into a given result.
   *
   * @param out the result {@code [rows, columns]}
   * @param k the diagonal: 0 is the main one, 1 is above it, -1 below
   * @throws IllegalArgumentException if out has another rank, is read-only or overlaps itself;
   *     nothing is then written
   */
  public static void eyeInto(Tensor out, long k) {
    if (out.rank() != 2) {
      throw new IllegalArgumentException(
          "eye: expected an out with two axes, got " + out.description());
    }
    OperandChecks.out("eye", out, out.dtype(), out.shape());
    out.assign(Tensor.zeros(out.dtype()).broadcastTo(out.shape()));
    diagonal(out, k);
  }

  private static void diagonal(Tensor matrix, long k) {
    Elements elements = Elements.of(matrix);
    for (long i = Math.max(0, -Math.max(k, -matrix.size(0)));
        i < matrix.size(0) && i + k < matrix.size(1);
        i++) {
      elements.set(i * matrix.stride(0) + (i + k) * matrix.stride(1), 1L);
    }
  }

  /**
   * Rows in which one element is 1 and the others are 0: result[i..., c] = 1 where indices[i...] =
   * c (as {@code np.eye(classes)[indices]}).
   *
   * @param dtype the element type of the result
   * @param indices {@code [i...]} of i32 or i64; one outside [0, classes) gives a row of zeros
   * @param classes the number of elements in a row
   * @return a fresh tensor {@code [i..., classes]}
   * @throws IllegalArgumentException if indices are not integers or classes is negative
   */
  public static Tensor oneHot(DType dtype, Tensor indices, long classes) {
    Tensor rows = Tensor.zeros(dtype, rows(indices, classes));
    ones(rows, indices);
    return rows;
  }

  /**
   * As {@link #oneHot}, into a given result.
   *
   * @param out the result {@code [i..., classes]}; shares no element with the indices
   * @param indices {@code [i...]} of i32 or i64; one outside [0, classes) gives a row of zeros
   * @throws IllegalArgumentException if indices are not integers or out does not fit; nothing is
   *     then written
   */
  public static void oneHotInto(Tensor out, Tensor indices) {
    long classes = out.rank() == 0 ? 0 : out.size(out.rank() - 1);
    OperandChecks.out("one-hot", out, out.dtype(), rows(indices, classes));
    OperandChecks.apart("one-hot", out, indices);
    indices.checkAccessible("one-hot");
    out.assign(Tensor.zeros(out.dtype()).broadcastTo(out.shape()));
    ones(out, indices);
  }

  private static Shape rows(Tensor indices, long classes) {
    if (indices.dtype() != DType.I32 && indices.dtype() != DType.I64) {
      throw new IllegalArgumentException(
          "one-hot: expected indices of i32 or i64, got " + indices.description());
    }
    return Shape.of(
        LongStream.concat(LongStream.of(indices.shape().toArray()), LongStream.of(classes))
            .toArray());
  }

  private static void ones(Tensor rows, Tensor indices) {
    Elements numbers = Elements.of(indices.contiguous());
    Elements elements = Elements.of(rows);
    long count = indices.shape().elementCount();
    int last = rows.rank() - 1;
    Loops loops =
        Loops.of(
            indices.shape().toArray(),
            indices.shape().rowMajorStrides(),
            Arrays.copyOf(rows.strides(), last));
    for (long i = 0; i < count; i++) {
      long number = numbers.getLong(i);
      if (number >= 0 && number < rows.size(last)) {
        elements.set(loops.position(1, i) + number * rows.stride(last), 1L);
      }
    }
  }
}
