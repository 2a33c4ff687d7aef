package io.github.shardsum.tensor;

import io.github.shardsum.internal.kernel.Bf16Bits;

/**
 * Conversions to and from bf16 bits, the upper half of an f32: 1 sign, 8 exponent and 7 fraction
 * bits.
 *
 * <p>Every conversion to bf16 rounds once, to nearest, ties to even; a value that exceeds the
 * largest finite one by half a step or more becomes an infinity, and subnormal results are kept.
 * Stateless and thread-safe.
 */
public final class Bf16 {
  private Bf16() {}

  /**
   * The f32 value of bf16 bits, which is exact.
   *
   * @param bits the 16 bits
   * @return the value
   */
  public static float toFloat(short bits) {
    return Bf16Bits.toFloat(bits);
  }

  /**
   * The bf16 nearest to an f32, ties to even; a NaN keeps its upper 16 bits, so that bf16 bits
   * survive a conversion to f32 and back.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromFloat(float value) {
    return Bf16Bits.fromFloat(value);
  }

  /**
   * The bf16 nearest to an f64, ties to even, in one rounding.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromDouble(double value) {
    return Bf16Bits.fromDouble(value);
  }

  /**
   * The bf16 nearest to an i64, ties to even, in one rounding.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromLong(long value) {
    return Bf16Bits.fromLong(value);
  }
}
