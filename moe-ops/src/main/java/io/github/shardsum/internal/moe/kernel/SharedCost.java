package io.github.shardsum.internal.moe.kernel;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The cost of sharing a task: its time over the time of an unshared task with as many rows for each
 * thread, in earlier runs of a kernel on this machine. Thread-safe; no bit depends on it.
 */
final class SharedCost {
  /**
   * The cost before any run, and the largest cost that counts, since memory is planned for this
   * cost. Measured were 1.06 to 1.17 for 256 to 1024 rows.
   */
  static final double MOST = 1.1;

  /** Shorter times say nothing: threads begin at different moments. */
  private static final double LEAST_NANOS = 1_000_000;

  /** The weight of one run, since other processes may have disturbed it. */
  private static final double WEIGHT = 0.25;

  /** A run whose tasks all were shared counts this much. */
  private static final double FORGOTTEN = WEIGHT / 16;

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

  /**
   * Takes the times of a run into account, if it had tasks of both kinds. A run whose tasks all
   * were shared cannot compare them, so it brings the cost a little closer to the most: later runs
   * then have tasks of both kinds again, and measure it.
   */
  void add(Tasks shared, Tasks alone) {
    if (shared.isKnown() && alone.isKnown()) {
      double cost = shared.nanos() / shared.rows() / (alone.nanos() / alone.rows());
      double counted = Math.clamp(cost, 1, MOST);
      known.updateAndGet(before -> before + WEIGHT * (counted - before));
    } else if (shared.isKnown() && alone.rows() == 0) {
      known.updateAndGet(before -> before + FORGOTTEN * (MOST - before));
    }
  }
}
