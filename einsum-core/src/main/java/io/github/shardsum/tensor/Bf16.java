package io.github.shardsum.tensor;

/** Conversions between bf16 bits and f32. */
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
   * The bf16 nearest to an f32, ties to even; a NaN stays a NaN (quiet, sign and upper payload
   * kept).
   *
   * @param value the value
   * @return the 16 bits
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) (bits >>> 16 | 0x0040);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
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
}
