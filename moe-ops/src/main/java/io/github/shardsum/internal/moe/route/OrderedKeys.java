package io.github.shardsum.internal.moe.route;

/**
 * Whole numbers in the order of doubles. A maximum of whole numbers needs no branch. A maximum of
 * doubles takes several instructions, since it handles NaN and two zeros.
 */
final class OrderedKeys {
  private OrderedKeys() {}

  /** The number of a double; NaN has the highest, -0 a lower one than +0. */
  static long of(double value) {
    long bits = Double.doubleToLongBits(value);
    return bits ^ (bits >> 63 & Long.MAX_VALUE);
  }

  /** The double of a number. */
  static double value(long key) {
    return Double.longBitsToDouble(key ^ (key >> 63 & Long.MAX_VALUE));
  }
}
