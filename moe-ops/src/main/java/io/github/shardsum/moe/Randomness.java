package io.github.shardsum.moe;

/**
 * The generator of a router's random numbers, used if none are given ({@link RouteInput#uniform}).
 * It is counter-based ({@link io.github.shardsum.random.Philox}), and its counter is the token's
 * global index. So a run over some of the groups draws the same numbers for a token as a run over
 * all groups.
 *
 * @param seed the key
 * @param stream distinguishes layers and steps
 * @param firstToken global index of the first token of the first group, at least 0
 */
public record Randomness(long seed, long stream, long firstToken) {
  /** Checks the first token. */
  public Randomness {
    if (firstToken < 0) {
      throw new IllegalArgumentException(
          "randomness: the first token must be at least 0, got " + firstToken);
    }
  }

  /**
   * A generator.
   *
   * @param seed the key
   * @return the randomness, of stream 0 from token 0
   */
  public static Randomness seeded(long seed) {
    return new Randomness(seed, 0, 0);
  }

  /**
   * The same generator for another layer or step.
   *
   * @param other the stream
   * @return the randomness
   */
  public Randomness stream(long other) {
    return new Randomness(seed, other, firstToken);
  }

  /**
   * The same generator for groups that begin at another token.
   *
   * @param index global index of the first token of the first group
   * @return the randomness
   */
  public Randomness from(long index) {
    return new Randomness(seed, stream, index);
  }
}
