package io.github.shardsum.internal.exec;

import io.github.shardsum.exec.Workers;

/**
 * Decides whether threads together finish work sooner than one thread alone. The bits of results do
 * not depend on this.
 */
public final class ThreadSharing {
  /**
   * Shorter work is never shared, so that small programs neither start threads nor measure them.
   */
  private static final double LEAST_NANOS = 10_000;

  /** Longer work is always shared: a wake-up takes less time on any machine. */
  private static final double MOST_NANOS = 1_000_000;

  /** Time to read and write an element in a near cache. */
  private static final double ELEMENT_NANOS = 0.31;

  private ThreadSharing() {}

  /** Whether work is too short for any threads. */
  public static boolean isTooShort(double nanos) {
    return nanos < LEAST_NANOS;
  }

  /** Whether work is long enough for any threads to share. */
  public static boolean isLong(double nanos) {
    return nanos >= MOST_NANOS;
  }

  /** Whether these threads process this many elements sooner than one, each thread its own part. */
  public static boolean areWorth(long elements, Workers workers) {
    return workers.areWorthwhile(elements * ELEMENT_NANOS);
  }

  /** Whether the time that is saved is longer than the time to hand work over. */
  public static boolean isWorth(double nanos, int threads, double handOverNanos) {
    return nanos - nanos / threads > handOverNanos;
  }
}
