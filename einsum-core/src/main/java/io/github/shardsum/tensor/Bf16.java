package io.github.shardsum.tensor;

/**
 * Conversions to and from bf16 bits, the upper half of an f32: 1 sign, 8 exponent and 7 fraction
 * bits.
 *
 * <p>Every conversion to bf16 rounds once, to nearest, ties to even; what is beyond the largest
 * finite value by half a step or more becomes an infinity, and subnormal results are kept.
 * Stateless and thread-safe.
 */
public final class Bf16 {
  private Bf16() {}

  /**
   * The f32 of bf16 bits; exact.
   *
   * @param bits the 16 bits
   * @return the value
   */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * The bf16 nearest to an f32, ties to even; a NaN keeps its upper 16 bits, so that bf16 bits
   * survive a way through f32 unchanged.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      // A payload in the lower half alone would leave an infinity.
      return (short) (bits >>> 16 | ((bits & 0x007f0000) == 0 ? 0x0040 : 0));
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /**
   * The bf16 nearest to an f64, ties to even, in one rounding.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromDouble(double value) {
    float near = (float) value;
    int bits = Float.floatToRawIntBits(near);
    // Round to odd on the way, or a tie made by the first rounding would be broken wrongly.
    if ((double) near != value && !Float.isNaN(near) && !Float.isInfinite(near)) {
      if (Math.abs((double) near) > Math.abs(value)) {
        bits--;
      }
      bits |= 1;
    }
    return fromFloat(Float.intBitsToFloat(bits));
  }

  /**
   * The bf16 nearest to an i64, ties to even, in one rounding.
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromLong(long value) {
    if (Math.abs(value) >>> 53 == 0) {
      return fromDouble((double) value);
    }
    // Round to odd on the way, as above: an f64 has no room for all bits.
    long odd = value >> 11 | ((value & 0x7ff) == 0 ? 0 : 1);
    return fromDouble((double) odd * 0x1p11);
  }
}
