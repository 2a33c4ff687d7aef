package io.github.shardsum.internal.kernel;

/** The rounds of Philox4x32-10 in scalar code. The vector kernels compute the same steps. */
public final class PhiloxSteps {
  public static final int ROUNDS = 10;
  public static final long MULTIPLIER_0 = 0xD2511F53L;
  public static final long MULTIPLIER_1 = 0xCD9E8D57L;
  // The steps of the keys: the fractional parts of the golden ratio and of the square root of 3, in
  // 32 bits.
  public static final int WEYL_0 = 0x9E3779B9;
  public static final int WEYL_1 = 0xBB67AE85;
  public static final long WORD = 0xFFFFFFFFL;

  private PhiloxSteps() {}

  /**
   * The first two of the four words at counter (index, stream), or the upper two. The first word of
   * the pair is in the lower half.
   */
  public static long words(long seed, long index, long stream, boolean upper) {
    int c0 = (int) index;
    int c1 = (int) (index >>> 32);
    int c2 = (int) stream;
    int c3 = (int) (stream >>> 32);
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = MULTIPLIER_0 * (c0 & WORD);
      long p1 = MULTIPLIER_1 * (c2 & WORD);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    return upper ? pair(c2, c3) : pair(c0, c1);
  }

  private static long pair(int low, int high) {
    return (low & WORD) | (long) high << 32;
  }
}
