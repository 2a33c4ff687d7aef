package io.github.shardsum.internal.moe.kernel;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The time of a task that threads share over the time of an unshared task with the same rows a
 * thread, as a kernel's earlier runs had it on this machine. Thread-safe; no bit depends on it.
 */
final class SharedCost {
  /**
   * The cost before any run, and the most that counts, since memory is planned for it: it was 1.06
   * to 1.17 for 256 to 1024 rows.
   */
  static final double MOST = 1.1;

  /** Shorter times say nothing: threads begin at different moments. */
  private static final double LEAST_NANOS = 1_000_000;

  /** One run counts this much, since others may have disturbed it. */
  private static final double WEIGHT = 0.25;

  private final AtomicReference<Double> known = new AtomicReference<>(MOST);

  double value() {
    return known.get();
  }

  /**
   * Tasks of one kind in a run.
   *
   * @param nanos of all threads together
   * @param rows of all tasks
   */
  record Tasks(double nanos, long rows) {
    private boolean isKnown() {
      return nanos >= LEAST_NANOS && rows > 0;
    }
  }

  /** Takes the times of a run into account, if it had tasks of both kinds. */
  void add(Tasks shared, Tasks alone) {
    if (shared.isKnown() && alone.isKnown()) {
      double cost = shared.nanos() / shared.rows() / (alone.nanos() / alone.rows());
      double counted = Math.clamp(cost, 1, MOST);
      known.updateAndGet(before -> before + WEIGHT * (counted - before));
    }
  }
}
