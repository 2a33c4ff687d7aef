package io.github.shardsum.internal.stablehlo;

/**
 * Conversions between the dtypes of tensors with one rounding. They also define results that
 * StableHLO leaves to the plugin: out of range, from NaN, and to bf16.
 */
final class ConversionEmitter {
  private static final int F64_DIGITS = 53;

  private final StableHloOps ops;

  ConversionEmitter(StableHloOps ops) {
    this.ops = ops;
  }

  Ssa convert(Ssa x, StableHloElementType to) {
    if (x.element() == to) {
      return x;
    }
    return switch (to) {
      case F32, F64 -> ops.convert(x, to);
      case BF16 -> toBf16(x);
      case I32, I64 -> x.element().isFloating() ? toInteger(x, to) : ops.convert(x, to);
      case BOOL -> ops.compare("NE", x, ops.constant(x.type(), 0));
      case UI64 -> ops.bitcast(ops.convert(x, StableHloElementType.I64), StableHloElementType.UI64);
    };
  }

  /** The value in the type in which it is computed: f32 for bf16. */
  Ssa widened(Ssa x) {
    return x.element() == StableHloElementType.BF16 ? ops.convert(x, StableHloElementType.F32) : x;
  }

  private Ssa toBf16(Ssa x) {
    return switch (x.element()) {
      case F64 -> ops.convert(roundedToOdd(x), StableHloElementType.BF16);
      case I32 -> toBf16(ops.convert(x, StableHloElementType.F64));
      case I64 -> toBf16(ops.convert(shortened(x), StableHloElementType.F64));
      case F32, BF16, BOOL, UI64 -> ops.convert(x, StableHloElementType.BF16);
    };
  }

  /**
   * Converts f64 to f32 so that inexact values get an odd last digit. A further rounding to fewer
   * digits then gives the result of one rounding from f64 (Boldo and Melquiond, "When double
   * rounding is odd", 2005).
   */
  private Ssa roundedToOdd(Ssa x) {
    Ssa near = ops.convert(x, StableHloElementType.F32);
    Ssa back = ops.convert(near, StableHloElementType.F64);
    Ssa bits = ops.bitcast(near, StableHloElementType.I32);
    Ssa one = ops.constant(bits.type(), 1);
    Ssa beyond = ops.compare("GT", ops.elementwise("abs", back), ops.elementwise("abs", x));
    Ssa inside = ops.compare("LT", ops.elementwise("abs", back), ops.elementwise("abs", x));
    Ssa even = ops.compare("EQ", ops.elementwise("and", bits, one), ops.constant(bits.type(), 0));
    // The bits of the next larger or smaller magnitude differ by one. A NaN compares neither larger
    // nor smaller, so its bits stay.
    Ssa less = ops.select(beyond, ops.elementwise("subtract", bits, one), bits);
    Ssa odd = ops.select(inside, ops.elementwise("add", bits, one), less);
    return ops.bitcast(ops.select(even, odd, bits), StableHloElementType.F32);
  }

  /**
   * Integers that f64 can represent and that round to bf16 like the given integers: the low digits
   * are merged into one digit.
   */
  private Ssa shortened(Ssa x) {
    long low = (1L << (Long.SIZE - F64_DIGITS)) - 1;
    Ssa rest = ops.elementwise("and", x, ops.constant(x.type(), low));
    Ssa high = ops.elementwise("subtract", x, rest);
    Ssa middle = ops.constant(x.type(), (low + 1) / 2);
    Ssa none = ops.compare("EQ", rest, ops.constant(x.type(), 0));
    Ssa cut = ops.select(none, x, ops.elementwise("add", high, middle));
    long exact = 1L << F64_DIGITS;
    Ssa small =
        ops.elementwise(
            "and",
            ops.compare("LE", x, ops.constant(x.type(), exact)),
            ops.compare("GE", x, ops.constant(x.type(), -exact)));
    return ops.select(small, x, cut);
  }

  /** Rounds toward zero and saturates; NaN becomes 0. */
  private Ssa toInteger(Ssa given, StableHloElementType to) {
    Ssa x = widened(given);
    Ssa cut = ops.convert(x, to);
    double end = to == StableHloElementType.I32 ? 0x1p31 : 0x1p63;
    Ssa above = ops.compare("GE", x, real(x, end));
    Ssa below = ops.compare("LT", x, real(x, -end));
    Ssa nan = ops.compare("NE", x, x);
    Ssa most = ops.select(above, ops.constant(cut.type(), Literals.greatest(to)), cut);
    Ssa least = ops.select(below, ops.constant(cut.type(), Literals.least(to)), most);
    return ops.select(nan, ops.constant(cut.type(), 0), least);
  }

  private Ssa real(Ssa like, double value) {
    return ops.constant(like.type(), Literals.real(like.element(), value));
  }
}
