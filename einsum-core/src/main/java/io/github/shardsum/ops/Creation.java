package io.github.shardsum.ops;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.stream.LongStream;

/**
 * Tensors of numbers that follow a rule, on the heap in C order; constant ones are made by {@link
 * Tensor#zeros}, {@link Tensor#ones} and {@link Tensor#full}. Thread-safe.
 */
public final class Creation {
  private Creation() {}

  /**
   * The integers from 0 to n - 1 (NumPy's {@code np.arange(n)}).
   *
   * @param dtype the element type, any but bool
   * @param n how many, at least 0
   * @return a fresh tensor {@code [n]}
   * @throws IllegalArgumentException if the dtype is bool or n is negative
   */
  public static Tensor arange(DType dtype, long n) {
    return arange(dtype, 0, n, 1);
  }

  /**
   * The numbers start, start + step, ... before stop (NumPy's {@code np.arange(start, stop,
   * step)}), each computed as start + i step in f64 and rounded once; exact for integers up to
   * 2^53.
   *
   * @param dtype the element type, any but bool
   * @param start the first number
   * @param stop what is not reached
   * @param step the distance, not 0
   * @return a fresh tensor of ceil((stop - start) / step) elements, none if that is negative
   * @throws IllegalArgumentException if the dtype is bool, an argument is not finite, or the step
   *     is 0
   */
  public static Tensor arange(DType dtype, double start, double stop, double step) {
    double count = Math.ceil((stop - start) / step);
    if (dtype == DType.BOOL || step == 0 || !Double.isFinite(count)) {
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
    double[] values = new double[length("arange", Math.max(0, count))];
    for (int i = 0; i < values.length; i++) {
      values[i] = start + i * step;
    }
    return held(dtype, values);
  }

  /**
   * Numbers at equal distances from start to stop, both included (NumPy's {@code np.linspace}),
   * computed in f64 and rounded once.
   *
   * @param dtype the element type, floating
   * @param start the first number
   * @param stop the last number
   * @param n how many, at least 0; one is the start
   * @return a fresh tensor {@code [n]}
   * @throws IllegalArgumentException if the dtype is not floating or n is negative
   */
  public static Tensor linspace(DType dtype, double start, double stop, long n) {
    if (!dtype.isFloating() || n < 0) {
      throw new IllegalArgumentException(
          "linspace: expected a floating dtype and n of at least 0, got " + dtype + " and " + n);
    }
    double[] values = new double[length("linspace", n)];
    double step = (stop - start) / (n - 1);
    for (int i = 0; i < values.length; i++) {
      values[i] = i > 0 && i == values.length - 1 ? stop : i == 0 ? start : start + i * step;
    }
    return held(dtype, values);
  }

  private static int length(String name, double count) {
    if (!(count >= 0 && count <= Shape.LONGEST_ARRAY)) {
      throw new IllegalArgumentException(name + ": expected 0 to 2^31 - 9 elements, got " + count);
    }
    return (int) count;
  }

  private static Tensor held(DType dtype, double[] values) {
    Tensor wide = Tensor.of(values, values.length);
    return dtype == DType.F64 ? wide : wide.convert(dtype);
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
   * @param rows how many rows
   * @param columns how many columns
   * @param k which diagonal: 0 is the main one, 1 is above it, -1 below
   * @return a fresh tensor {@code [rows, columns]}
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor eye(DType dtype, long rows, long columns, long k) {
    Tensor matrix = Tensor.zeros(dtype, rows, columns);
    for (long i = Math.max(0, -k); i < rows && i + k < columns; i++) {
      matrix.set(1L, i, i + k);
    }
    return matrix;
  }

  /**
   * Rows of which one element is 1, the others 0: result[i..., c] = 1 where indices[i...] = c (as
   * {@code np.eye(classes)[indices]}).
   *
   * @param dtype the element type of the result
   * @param indices {@code [i...]} of i32 or i64; one outside [0, classes) gives a row of zeros
   * @param classes how many elements a row has
   * @return a fresh tensor {@code [i..., classes]}
   * @throws IllegalArgumentException if indices are not integers or classes is negative
   */
  public static Tensor oneHot(DType dtype, Tensor indices, long classes) {
    if (indices.dtype() != DType.I32 && indices.dtype() != DType.I64) {
      throw new IllegalArgumentException(
          "one-hot: expected indices of i32 or i64, got " + indices.description());
    }
    long[] sizes =
        LongStream.concat(LongStream.of(indices.shape().toArray()), LongStream.of(classes))
            .toArray();
    Tensor rows = Tensor.zeros(dtype, sizes);
    long[] values = indices.toLongArray();
    Tensor flat = rows.reshape(values.length, classes);
    for (int i = 0; i < values.length; i++) {
      if (values[i] >= 0 && values[i] < classes) {
        flat.set(1L, i, values[i]);
      }
    }
    return rows;
  }
}
