package io.github.shardsum.internal.path;

/**
 * Random numbers (SplitMix64, Steele, Lea and Flood 2014) and logarithms whose bits are the same on
 * every machine, because processes that plan the same einsum must find the same path.
 */
public final class PathSearchRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1.0p-53;
  private static final double LN2 = 0.6931471805599453;

  private long state;

  public PathSearchRandom(long seed) {
    state = mix(seed);
  }

  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  public long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** Uniform in the open interval (0, 1). */
  public double unit() {
    return ((next() >>> 11) + 0.5) * UNIT;
  }

  /** Uniform in 0 to bound - 1; the bias of at most bound / 2^32 does not matter to a search. */
  public int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /** Standard Gumbel noise. If it is added to scores, the largest score is a Boltzmann choice. */
  public double gumbel() {
    double exponential = Math.max(-LN2 * log2(unit()), UNIT);
    return -LN2 * log2(exponential);
  }

  /**
   * An approximation of the binary logarithm of a positive finite number, accurate to 0.01; it uses
   * exactly rounded operations only.
   */
  public static double log2(double x) {
    long bits = Double.doubleToRawLongBits(x);
    int exponent = (int) (bits >>> 52) - 1023;
    double mantissa = Double.longBitsToDouble((bits & 0x000FFFFFFFFFFFFFL) | 0x3FF0000000000000L);
    return exponent + ((-1.0 / 3) * mantissa + 2) * mantissa - 2.0 / 3 - 1;
  }

  /** Two to a power of 0 to 1000, accurate to 1 %; it uses exactly rounded operations only. */
  public static double exp2(double power) {
    double bounded = Math.min(power, 1000);
    int whole = (int) bounded;
    double part = bounded - whole;
    double scale = Double.longBitsToDouble((long) (whole + 1023) << 52);
    return scale * (1 + part * (0.6565 + 0.3435 * part));
  }
}
