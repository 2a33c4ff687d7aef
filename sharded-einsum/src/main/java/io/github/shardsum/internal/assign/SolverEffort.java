package io.github.shardsum.internal.assign;

/**
 * Work that one thread did: about one unit for each matrix entry that the thread read. Phases end
 * after an amount of work, not after a time, so that equal input gives equal output. The clock ends
 * a run only if the work takes much longer than expected.
 */
final class SolverEffort {
  private static final long LOOK = 1L << 21;

  private final long deadline;
  private long done;
  private final long limit;
  private long nextLook = LOOK;
  private boolean stopped;

  /**
   * Begins at no work.
   *
   * @param limit the work after which the run ends
   * @param deadline the value of {@link System#nanoTime} at which the clock ends the run
   */
  SolverEffort(long limit, long deadline) {
    this.limit = limit;
    this.deadline = deadline;
  }

  /** An effort for another thread: it counts from 0 and has the same deadline. */
  SolverEffort another() {
    return new SolverEffort(Long.MAX_VALUE, deadline);
  }

  /** Ends this work if the clock ended the work of another thread. */
  void stopWith(SolverEffort other) {
    stopped |= other.stopped;
  }

  void add(long work) {
    done += work;
    if (done >= nextLook) {
      nextLook = done + LOOK;
      stopped |= System.nanoTime() - deadline > 0;
    }
  }

  long done() {
    return done;
  }

  boolean isSpent() {
    return stopped || done >= limit;
  }

  boolean isStopped() {
    return stopped;
  }
}
