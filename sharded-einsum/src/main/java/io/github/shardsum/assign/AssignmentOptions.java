package io.github.shardsum.assign;

/**
 * The limits of a solver's work.
 *
 * @param seconds more than 0. The amount of work is about half of the work that a core does in this
 *     time. A run ends when this work is done, not after a time, so equal input gives equal output
 * @param clock seconds after which the clock ends a run that is not done, more than 0
 * @param threads 1 or 2; the answer depends on their number
 */
public record AssignmentOptions(double seconds, double clock, int threads) {
  /** The most seconds. */
  public static final double MOST_SECONDS = 1e6;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public AssignmentOptions {
    check("seconds", seconds);
    check("clock", clock);
    if (threads < 1 || threads > 2) {
      throw new IllegalArgumentException("threads: must be 1 or 2, got " + threads);
    }
  }

  private static void check(String name, double seconds) {
    if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
      throw new IllegalArgumentException(
          name + ": must be more than 0 and at most 1,000,000, got " + seconds);
    }
  }
}
