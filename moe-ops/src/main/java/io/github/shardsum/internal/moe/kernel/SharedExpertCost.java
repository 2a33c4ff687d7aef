package io.github.shardsum.internal.moe.kernel;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The cost of sharing a task, from earlier runs of a kernel on this machine. It is the time of all
 * threads for a row of a shared task, divided by the time for a row of an unshared task.
 * Thread-safe; no bit of a result depends on this cost.
 */
final class SharedExpertCost {
  /**
   * The cost before any run. It is also the largest cost that counts, because memory is planned for
   * it. Measured costs were 1.06 to 1.17 for 256 to 1024 rows.
   */
  static final double MOST = 1.1;

  /**
   * Least time that is used; shorter times are unreliable, because threads begin at different
   * moments.
   */
  private static final double LEAST_NANOS = 1_000_000;

  /** The weight of one run. It is small, because other processes may have disturbed the run. */
  private static final double WEIGHT = 0.25;

  /** The weight of a run in which all tasks were shared. */
  private static final double FORGOTTEN = WEIGHT / 16;

  private final AtomicReference<Double> known = new AtomicReference<>(MOST);

  double value() {
    return known.get();
  }

  /**
   * Tasks of one kind in a run.
   *
   * @param nanos the nanoseconds of all threads together
   * @param rows the rows of all tasks
   */
  record Tasks(double nanos, long rows) {
    private boolean isKnown() {
      return nanos >= LEAST_NANOS && rows > 0;
    }
  }

  /**
   * Takes the times of a run into account if it had tasks of both kinds. A run in which all tasks
   * were shared has nothing to compare, so it moves the cost a little towards the largest one.
   * Later runs then have tasks of both kinds again and measure the cost.
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
