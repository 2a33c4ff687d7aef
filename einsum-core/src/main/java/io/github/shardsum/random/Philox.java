package io.github.shardsum.random;

import io.github.shardsum.internal.kernel.PhiloxSteps;

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
    return PhiloxSteps.words(seed, index, stream, upper);
  }
}
