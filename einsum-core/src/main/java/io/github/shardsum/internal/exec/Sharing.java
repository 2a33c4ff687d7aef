package io.github.shardsum.internal.exec;

import io.github.shardsum.exec.Workers;

/** Whether threads end work sooner together than one thread alone. No result depends on it. */
public final class Sharing {
  /**
   * Work that takes less time is never shared, so that small programs neither start threads nor
   * measure them.
   */
  private static final double LEAST_NANOS = 10_000;

  /** Work that takes more time is always shared: waking a thread is quicker anywhere. */
  private static final double MOST_NANOS = 1_000_000;

  /** Time to read and write an element in a near cache. */
  private static final double ELEMENT_NANOS = 0.31;

  private Sharing() {}

  /** Whether work is too short for any threads. */
  public static boolean isTooShort(double nanos) {
    return nanos < LEAST_NANOS;
  }

  /** Whether work is so long that any threads share it. */
  public static boolean isLong(double nanos) {
    return nanos >= MOST_NANOS;
  }

  /**
   * Whether these threads end the work sooner than one. Between the limits their own time to hand
   * work over decides.
   *
   * @param nanos of the work on one thread
   * @param bytes that each other thread reads and the caller wrote
   */
  public static boolean isWorth(double nanos, long bytes, Workers workers) {
    int threads = workers.parallelism();
    if (threads == 1 || isTooShort(nanos)) {
      return false;
    }
    return isLong(nanos) || isWorth(nanos, threads, workers.handOverNanos(bytes));
  }

  /** Whether these threads sooner process this many elements, each thread its own part. */
  public static boolean areWorth(long elements, Workers workers) {
    return isWorth(elements * ELEMENT_NANOS, 0, workers);
  }

  /** Whether the time that is saved is longer than the time to hand work over. */
  static boolean isWorth(double nanos, int threads, double handOverNanos) {
    return nanos - nanos / threads > handOverNanos;
  }
}
