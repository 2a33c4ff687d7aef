package io.github.shardsum.internal.stablehlo;

import java.util.List;

/**
 * Emits uniform numbers of {@link io.github.shardsum.random.Philox} in integer arithmetic:
 * StableHLO's own generators do not fix the layout of their state.
 */
final class PhiloxEmitter {
  private static final int ROUNDS = 10;
  private static final int WORD_BITS = 32;
  private static final long WORD = 0xFFFFFFFFL;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final long WEYL_0 = 0x9E3779B9L;
  private static final long WEYL_1 = 0xBB67AE85L;

  private final StableHloOps ops;

  PhiloxEmitter(StableHloOps ops) {
    this.ops = ops;
  }

  /**
   * Numbers in [0, 1).
   *
   * @param seed the key, of i64
   * @param index the index, of i64, in the shape of the seed
   */
  Ssa uniform(Ssa seed, Ssa index, long stream, StableHloElementType element) {
    Ssa bits =
        bits(
            ops.bitcast(seed, StableHloElementType.UI64),
            ops.bitcast(index, StableHloElementType.UI64),
            stream);
    return switch (element) {
      case F64 -> fraction(bits, 53, element);
      case F32 -> fraction(bits, 24, element);
      case BF16 -> ops.convert(fraction(bits, 8, StableHloElementType.F32), element);
      case I32, I64, BOOL, UI64 ->
          throw new IllegalArgumentException("expected a floating type, got " + element);
    };
  }

  /** The upper bits as a fraction, which the element type holds exactly. */
  private Ssa fraction(Ssa bits, int digits, StableHloElementType element) {
    Ssa upper = shifted(bits, Long.SIZE - digits);
    Ssa number = ops.convert(ops.bitcast(upper, StableHloElementType.I64), element);
    return ops.elementwise(
        "multiply",
        number,
        ops.constant(number.type(), Literals.real(element, Math.scalb(1.0, -digits))));
  }

  /** Words of 32 bits in numbers of 64 bits, so that a product of two words is exact. */
  private Ssa bits(Ssa seed, Ssa index, long stream) {
    Ssa c0 = word(index);
    Ssa c1 = shifted(index, WORD_BITS);
    Ssa c2 = ops.constant(index.type(), stream & WORD);
    Ssa c3 = ops.constant(index.type(), stream >>> WORD_BITS);
    Ssa k0 = word(seed);
    Ssa k1 = shifted(seed, WORD_BITS);
    for (int round = 0; round < ROUNDS; round++) {
      Ssa p0 = ops.elementwise("multiply", c0, ops.constant(c0.type(), MULTIPLIER_0));
      Ssa p1 = ops.elementwise("multiply", c2, ops.constant(c2.type(), MULTIPLIER_1));
      Ssa next0 = exclusive(List.of(shifted(p1, WORD_BITS), c1, k0));
      Ssa next2 = exclusive(List.of(shifted(p0, WORD_BITS), c3, k1));
      c0 = next0;
      c1 = word(p1);
      c2 = next2;
      c3 = word(p0);
      if (round + 1 < ROUNDS) {
        k0 = word(ops.elementwise("add", k0, ops.constant(k0.type(), WEYL_0)));
        k1 = word(ops.elementwise("add", k1, ops.constant(k1.type(), WEYL_1)));
      }
    }
    Ssa high = ops.elementwise("shift_left", c1, ops.constant(c1.type(), WORD_BITS));
    return ops.elementwise("or", c0, high);
  }

  private Ssa exclusive(List<Ssa> words) {
    return ops.elementwise("xor", ops.elementwise("xor", words.get(0), words.get(1)), words.get(2));
  }

  private Ssa word(Ssa x) {
    return ops.elementwise("and", x, ops.constant(x.type(), WORD));
  }

  private Ssa shifted(Ssa x, int by) {
    return ops.elementwise("shift_right_logical", x, ops.constant(x.type(), by));
  }
}
