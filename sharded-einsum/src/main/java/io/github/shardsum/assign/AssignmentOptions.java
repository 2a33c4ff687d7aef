package io.github.shardsum.assign;

import java.util.List;

/** The limits of a solver's work. */
public final class AssignmentOptions {
  /** The most seconds. */
  public static final double MOST_SECONDS = 1e6;

  private final double seconds;
  private final double clock;
  private final int threads;

  private AssignmentOptions(double seconds, double clock, int threads) {
    check("seconds", seconds);
    check("clock", clock);
    if (threads < 1 || threads > 2) {
      throw new IllegalArgumentException("threads: must be 1 or 2, got " + threads);
    }
    this.seconds = seconds;
    this.clock = clock;
    this.threads = threads;
  }

  /**
   * The work of 10 seconds, which the clock does not end, on one thread.
   *
   * @return the defaults
   */
  public static AssignmentOptions defaults() {
    return new AssignmentOptions(10, MOST_SECONDS, 1);
  }

  /**
   * The same options with another amount of work.
   *
   * @param value more than 0 and at most 1,000,000
   * @return a changed copy
   * @throws IllegalArgumentException if the seconds are out of their range
   */
  public AssignmentOptions withSeconds(double value) {
    return new AssignmentOptions(value, clock, threads);
  }

  /**
   * The same options with another time after which the clock ends a run.
   *
   * @param value more than 0 and at most 1,000,000
   * @return a changed copy
   * @throws IllegalArgumentException if the seconds are out of their range
   */
  public AssignmentOptions withClock(double value) {
    return new AssignmentOptions(seconds, value, threads);
  }

  /**
   * The same options with another number of threads.
   *
   * @param value 1 or 2
   * @return a changed copy
   * @throws IllegalArgumentException if the number is another one
   */
  public AssignmentOptions withThreads(int value) {
    return new AssignmentOptions(seconds, clock, value);
  }

  private static void check(String name, double seconds) {
    if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
      throw new IllegalArgumentException(
          name + ": must be more than 0 and at most 1,000,000, got " + seconds);
    }
  }

  /**
   * {@return more than 0. The amount of work is about half of the work that a core does in this
   * time. A run ends when this work is done, not after a time, so equal input gives equal output}
   */
  public double seconds() {
    return seconds;
  }

  /** {@return seconds after which the clock ends a run that is not done, more than 0} */
  public double clock() {
    return clock;
  }

  /** {@return 1 or 2; the answer depends on their number} */
  public int threads() {
    return threads;
  }

  private List<Object> values() {
    return List.of(seconds, clock, threads);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AssignmentOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "AssignmentOptions" + values();
  }
}
