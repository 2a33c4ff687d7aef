package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;

/** One number in a program's text: real for floating dtypes, whole for integers and bool. */
public sealed interface Scalar {
  /**
   * A number of a floating dtype, rounded to it where it is used.
   *
   * @param value the number; NaN and infinities too
   */
  record Real(double value) implements Scalar {
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /**
   * An integer, or a bool as 0 or 1.
   *
   * @param value the number; i32 keeps the lower 32 bits
   */
  record Whole(long value) implements Scalar {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /**
   * A number of a dtype.
   *
   * @param dtype the dtype
   * @param value the number; a fraction is cut off for integers, not zero is true for bool
   * @return real or whole as the dtype wants
   */
  static Scalar of(DType dtype, double value) {
    return dtype.isFloating()
        ? new Real(value)
        : new Whole(dtype == DType.BOOL ? (value != 0 ? 1 : 0) : (long) value);
  }

  /**
   * The number as f64.
   *
   * @return the value; an integer beyond 2^53 is rounded
   */
  default double toDouble() {
    return switch (this) {
      case Real(double value) -> value;
      case Whole(long value) -> value;
    };
  }

  /**
   * The number as an integer.
   *
   * @return the value; a fraction is cut off
   */
  default long toLong() {
    return switch (this) {
      case Real(double value) -> (long) value;
      case Whole(long value) -> value;
    };
  }

  /**
   * Whether a dtype holds such a number.
   *
   * @param dtype the dtype
   * @return true for a real and a floating dtype, or a whole and another; of bool only 0 and 1
   */
  default boolean fits(DType dtype) {
    return switch (this) {
      case Real _ -> dtype.isFloating();
      case Whole(long value) ->
          !dtype.isFloating() && (dtype != DType.BOOL || value == 0 || value == 1);
    };
  }
}
