package io.github.shardsum.random;

/**
 * The counter-based generator Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random
 * Numbers: As Easy as 1, 2, 3" (SC11).
 *
 * <p>A number is a pure function of a seed, a stream and an index: nothing is stored, so any thread
 * or device draws the number of any index, and a computation that is divided differently draws the
 * same numbers. Immutable and thread-safe.
 *
 * @param seed the key: its lower 32 bits are the first key word
 */
public record Philox(long seed) {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  // The key schedule's steps: the golden ratio and the square root of 3 less 1, as 32-bit
  // fractions.
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long WORD = 0xFFFFFFFFL;
  private static final double TO_UNIT = 0x1p-53;

  /**
   * 64 random bits: the first two words of the block at counter (index, stream).
   *
   * @param index the index in the stream
   * @param stream the number of the stream
   * @return the bits, the first word lowest
   */
  public long bits(long index, long stream) {
    return block(index, stream, false);
  }

  /**
   * A number uniform in [0, 1), a multiple of 2^-53.
   *
   * @param index the index in the stream
   * @param stream the number of the stream
   * @return the number
   */
  public double uniform(long index, long stream) {
    return (bits(index, stream) >>> 11) * TO_UNIT;
  }

  /**
   * The whole block of four 32-bit words at counter (index, stream).
   *
   * @param index the lower two counter words
   * @param stream the upper two counter words
   * @return four fresh words
   */
  public int[] block(long index, long stream) {
    long low = block(index, stream, false);
    long high = block(index, stream, true);
    return new int[] {(int) low, (int) (low >>> 32), (int) high, (int) (high >>> 32)};
  }

  private long block(long index, long stream, boolean upper) {
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
