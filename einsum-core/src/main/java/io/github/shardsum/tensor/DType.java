package io.github.shardsum.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Element type of a tensor.
 *
 * <p>Arithmetic: {@link #F32} and {@link #BF16} are computed in f32 (bf16 is widened on load and
 * rounded once, to nearest even, on store), {@link #F64} in f64, {@link #I32} and {@link #I64}
 * modulo 2^32 and 2^64, {@link #BOOL} with OR as sum and AND as product.
 */
public enum DType {
  /** IEEE 754 binary32. */
  F32(JAVA_FLOAT_UNALIGNED),
  /** IEEE 754 binary64. */
  F64(JAVA_DOUBLE_UNALIGNED),
  /** The upper 16 bits of an IEEE 754 binary32. */
  BF16(JAVA_SHORT_UNALIGNED),
  /** Two's complement 32-bit integer; overflow wraps. */
  I32(JAVA_INT_UNALIGNED),
  /** Two's complement 64-bit integer; overflow wraps. */
  I64(JAVA_LONG_UNALIGNED),
  /**
   * One byte for each element; zero is false, any other value is true, and true is written as 1.
   */
  BOOL(JAVA_BYTE);

  // A value layout of the JDK is immutable, although its type does not say so.
  @SuppressWarnings("ImmutableEnumChecker")
  private final ValueLayout layout;

  private final int byteSize;

  DType(ValueLayout layout) {
    this.layout = layout;
    this.byteSize = (int) layout.byteSize();
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
   * Layout of one element in a {@code MemorySegment}: {@code JAVA_FLOAT_UNALIGNED} for f32, {@code
   * JAVA_SHORT_UNALIGNED} for the bits of bf16, {@code JAVA_BYTE} for bool.
   *
   * @return the layout, in the machine's byte order
   */
  public ValueLayout valueLayout() {
    return layout;
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
   * The dtype with a name as {@link #toString()} prints it.
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
        "dtype: expected one of f32, f64, bf16, i32, i64, bool, got \"" + name + "\"");
  }

  /** The name in lower case: f32, f64, bf16, i32, i64, bool. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
