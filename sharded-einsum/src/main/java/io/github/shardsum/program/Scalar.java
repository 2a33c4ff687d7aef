package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;

/** One number in a program's text: real for floating dtypes, whole for integers and bool. */
public sealed interface Scalar {
  /**
   * A number of a floating dtype, rounded to this dtype where it is used.
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
   * @param value the number
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
   * @param value the number; for bool any number except zero is true
   * @return a real number for a floating dtype, a whole number for any other
   * @throws IllegalArgumentException if an integer dtype cannot hold the number
   */
  static Scalar of(DType dtype, double value) {
    if (dtype.isFloating()) {
      return new Real(value);
    }
    if (dtype == DType.BOOL) {
      return new Whole(value != 0 ? 1 : 0);
    }
    // The number 2^63 is a double, but a cast to long would saturate it.
    if (value != Math.rint(value) || value < -0x1p63 || value >= 0x1p63) {
      throw new IllegalArgumentException(
          "scalar: value must be an integer of " + dtype + ", got " + value);
    }
    return of(dtype, (long) value);
  }

  /**
   * The number of a dtype for an integer.
   *
   * @param dtype the dtype
   * @param value the number; for bool any number except zero is true
   * @return a real number for a floating dtype, a whole number for any other
   * @throws IllegalArgumentException if an integer dtype cannot hold the number
   */
  static Scalar of(DType dtype, long value) {
    if (dtype.isFloating()) {
      return new Real(value);
    }
    Whole whole = new Whole(dtype == DType.BOOL && value != 0 ? 1 : value);
    if (!whole.fits(dtype)) {
      throw new IllegalArgumentException(
          "scalar: value must be in [-2^31, 2^31) for i32, got " + value);
    }
    return whole;
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
   * Whether a dtype can hold this number.
   *
   * @param dtype the dtype
   * @return true for a real number and a floating dtype, for a whole number in the range of an
   *     integer dtype, and for 0 or 1 and bool
   */
  default boolean fits(DType dtype) {
    return switch (this) {
      case Real _ -> dtype.isFloating();
      case Whole(long value) ->
          switch (dtype) {
            case F32, F64, BF16 -> false;
            case I32 -> value == (int) value;
            case I64 -> true;
            case BOOL -> value == 0 || value == 1;
          };
    };
  }
}
