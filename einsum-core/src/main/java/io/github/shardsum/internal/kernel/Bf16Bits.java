package io.github.shardsum.internal.kernel;

/** The conversions of {@code Bf16}, for all kernels and kinds of memory. */
public final class Bf16Bits {
  private Bf16Bits() {}

  /** See {@code Bf16}. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** See {@code Bf16}. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      // A NaN with a payload only in the lower half would become an infinity.
      return (short) (bits >>> 16 | ((bits & 0x007f0000) == 0 ? 0x0040 : 0));
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /** See {@code Bf16}. */
  public static short fromDouble(double value) {
    float near = (float) value;
    int bits = Float.floatToRawIntBits(near);
    // Round to odd first: otherwise the second rounding could break a tie that the first one
    // created.
    if ((double) near != value && !Float.isNaN(near) && !Float.isInfinite(near)) {
      if (Math.abs((double) near) > Math.abs(value)) {
        bits--;
      }
      bits |= 1;
    }
    return fromFloat(Float.intBitsToFloat(bits));
  }

  /** See {@code Bf16}. */
  public static short fromLong(long value) {
    if (Math.abs(value) >>> 53 == 0) {
      return fromDouble((double) value);
    }
    // Round to odd first, as above: an f64 cannot represent all bits.
    long odd = value >> 11 | ((value & 0x7ff) == 0 ? 0 : 1);
    return fromDouble((double) odd * 0x1p11);
  }
}
