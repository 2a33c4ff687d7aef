package io.github.shardsum.tensor;

import java.util.Locale;

/**
 * Element type of a tensor.
 *
 * <p>Arithmetic: {@link #F32} and {@link #BF16} are computed in f32 (bf16 is widened on load and
 * rounded once, to nearest even, on store), {@link #F64} in f64, {@link #I32} and {@link #I64}
 * modulo 2^32 and 2^64, {@link #BOOL} with OR as the sum and AND as the product.
 */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary64. */
  F64(8),
  /** The upper 16 bits of an IEEE 754 binary32. */
  BF16(2),
  /** Two's complement 32-bit integer; overflow wraps. */
  I32(4),
  /** Two's complement 64-bit integer; overflow wraps. */
  I64(8),
  /** One byte an element; zero is false, anything else is true, and true is written as 1. */
  BOOL(1);

  private final int byteSize;

  DType(int byteSize) {
    this.byteSize = byteSize;
  }

  /**
   * Size of one element.
   *
   * @return the size in bytes
   */
  public int byteSize() {
    return byteSize;
  }

  /**
   * Whether the type is one of f32, f64 and bf16.
   *
   * @return true for a floating-point type
   */
  public boolean isFloating() {
    return this == F32 || this == F64 || this == BF16;
  }

  /**
   * The type of a result computed from operands of this type and another, as NumPy promotes arrays:
   * bool gives way to anything, i32 to i64, bf16 to f32 to f64; an integer with f32 or f64 gives
   * f64, and an integer with bf16 gives f32.
   *
   * @param other the other operand's type
   * @return the promoted type; symmetric
   */
  public DType promote(DType other) {
    if (this == other || other == BOOL) {
      return this;
    }
    if (this == BOOL) {
      return other;
    }
    if (isFloating() && other.isFloating()) {
      return this == F64 || other == F64 ? F64 : F32;
    }
    if (!isFloating() && !other.isFloating()) {
      return I64;
    }
    return this == BF16 || other == BF16 ? F32 : F64;
  }

  /**
   * The dtype of a name as {@link #toString()} prints it.
   *
   * @param name f32, f64, bf16, i32, i64 or bool, in any case
   * @return the dtype
   * @throws IllegalArgumentException if there is no such dtype
   */
  public static DType parse(String name) {
    for (DType dtype : values()) {
      if (dtype.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return dtype;
      }
    }
    throw new IllegalArgumentException(
        "dtype: one of f32, f64, bf16, i32, i64, bool is wanted, got \"" + name + "\"");
  }

  /** The name in lower case: f32, f64, bf16, i32, i64, bool. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
