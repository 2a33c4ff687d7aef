package io.github.shardsum.internal.mpi;

import java.util.concurrent.locks.LockSupport;

/**
 * Waits between two polls. The first polls follow at once, later ones after a yield, then after a
 * sleep, so that more processes than cores still make progress.
 */
final class PollingBackoff {
  /** Polls without a yield, some hundred microseconds; most exchanges are done by then. */
  private static final int SPINS = 2000;

  /**
   * Polls without a yield if processes share cores, where spinning keeps another process from
   * sending.
   */
  private static final int CROWDED_SPINS = 32;

  /** Yields before the first sleep; together some milliseconds. */
  private static final int YIELDS = 4000;

  /** Polls for each read of the clock. */
  private static final int CLOCK_EVERY = 16;

  private static final long SHORTEST_SLEEP_NANOS = 20_000;
  private static final long LONGEST_SLEEP_NANOS = 500_000;

  private final int spins;
  private int count;

  /** A backoff before its first poll; crowded means more processes than cores. */
  PollingBackoff(boolean crowded) {
    this(crowded, 0);
  }

  /** A backoff after a number of calls. */
  PollingBackoff(boolean crowded, int count) {
    spins = crowded ? CROWDED_SPINS : SPINS;
    this.count = count;
  }

  /** Waits; longer after more calls. */
  @SuppressWarnings("ThreadPriorityCheck") // correctness does not depend on the yield
  void backoff() {
    look();
    if (count <= spins) {
      // The poll itself took some hundred nanoseconds in MPI.
      return;
    }
    if (count <= spins + YIELDS) {
      Thread.yield();
    } else {
      long growing = SHORTEST_SLEEP_NANOS * (count - spins - YIELDS);
      LockSupport.parkNanos(Math.min(growing, LONGEST_SLEEP_NANOS));
    }
  }

  /** Counts a poll of a caller that does not wait. */
  void look() {
    // At the largest int the count goes back by sixteen, so that waits stay long.
    count = count == Integer.MAX_VALUE ? count - CLOCK_EVERY + 1 : count + 1;
  }

  /** Whether it is time to read the clock, which costs more than a poll of a message. */
  boolean isLong() {
    return count > CROWDED_SPINS && count % CLOCK_EVERY == 0;
  }
}
