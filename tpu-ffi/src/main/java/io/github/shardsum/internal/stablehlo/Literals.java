package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Scalar;
import io.github.shardsum.tensor.Bf16;
import java.util.Locale;

/** Numbers as text that MLIR reads back to the same bits. */
final class Literals {
  private Literals() {}

  /** A number, rounded once to the element type. */
  static String of(StableHloElementType element, Scalar scalar) {
    return switch (scalar) {
      case Scalar.Real(double value) -> real(element, value);
      case Scalar.Whole(long value) -> whole(element, value);
    };
  }

  static String whole(StableHloElementType element, long value) {
    return switch (element) {
      case F32, F64, BF16 -> real(element, value);
      case BOOL -> value != 0 ? "true" : "false";
      case UI64 -> Long.toUnsignedString(value);
      case I32, I64 -> Long.toString(value);
    };
  }

  static String real(StableHloElementType element, double value) {
    double rounded =
        switch (element) {
          case F32 -> (float) value;
          case BF16 -> Bf16.toFloat(Bf16.fromDouble(value));
          case F64 -> value;
          case I32, I64, BOOL, UI64 ->
              throw new IllegalArgumentException("expected a floating type, got " + element);
        };
    // MLIR reads a decimal as f64, so the decimal of an f64 is exact. Infinities and NaN are
    // written as bits.
    return Double.isFinite(rounded) ? Double.toString(rounded) : bits(element, rounded);
  }

  private static String bits(StableHloElementType element, double value) {
    return switch (element) {
      case F32 -> String.format(Locale.ROOT, "0x%08X", Float.floatToIntBits((float) value));
      case BF16 -> String.format(Locale.ROOT, "0x%04X", Bf16.fromDouble(value) & 0xffff);
      case F64 -> String.format(Locale.ROOT, "0x%016X", Double.doubleToLongBits(value));
      case I32, I64, BOOL, UI64 -> throw new IllegalArgumentException(element.toString());
    };
  }

  /** The least value, with which a maximum begins: -infinity, the least integer, false. */
  static String least(StableHloElementType element) {
    return switch (element) {
      case F32, F64, BF16 -> real(element, Double.NEGATIVE_INFINITY);
      case I32 -> Integer.toString(Integer.MIN_VALUE);
      case I64 -> Long.toString(Long.MIN_VALUE);
      case BOOL -> "false";
      case UI64 -> "0";
    };
  }

  /** The greatest value, with which a minimum begins: infinity, the greatest integer, true. */
  static String greatest(StableHloElementType element) {
    return switch (element) {
      case F32, F64, BF16 -> real(element, Double.POSITIVE_INFINITY);
      case I32 -> Integer.toString(Integer.MAX_VALUE);
      case I64 -> Long.toString(Long.MAX_VALUE);
      case BOOL -> "true";
      case UI64 -> Long.toUnsignedString(-1);
    };
  }
}
