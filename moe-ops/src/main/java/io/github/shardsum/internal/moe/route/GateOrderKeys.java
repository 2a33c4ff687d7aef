package io.github.shardsum.internal.moe.route;

/**
 * Integers in the order of doubles. A maximum of integers needs no branch. A maximum of doubles
 * takes several instructions, because of NaN and of the two zeros.
 */
final class GateOrderKeys {
  private GateOrderKeys() {}

  /** The integer for a double. NaN has the highest integer, and that of -0 is below that of +0. */
  static long of(double value) {
    long bits = Double.doubleToLongBits(value);
    return bits ^ (bits >> 63 & Long.MAX_VALUE);
  }

  /** The double for an integer. */
  static double value(long key) {
    return Double.longBitsToDouble(key ^ (key >> 63 & Long.MAX_VALUE));
  }
}
