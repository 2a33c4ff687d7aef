package io.github.shardsum.measure;

/** Finds how fast something runs once the JIT is done with it. */
public final class Stopwatch {
  private static final long WINDOW_NANOS = 100_000_000;

  /**
   * Windows after the first that run in any case; the JIT has usually compiled the loops after two
   * or three.
   */
  private static final int FEWEST_WINDOWS = 5;

  /**
   * Windows in a row without progress after which it stops: on a busy machine the JIT's own threads
   * wait too, and loops are slow until they have run.
   */
  private static final int QUIET_WINDOWS = 3;

  private static final int MOST_WINDOWS = 40;

  /** A window that takes more than this share of the best time so far is not progress. */
  private static final double SETTLED = 0.99;

  private Stopwatch() {}

  /**
   * Seconds of the fastest run, in windows until a few in a row make no progress.
   *
   * @param run a fraction of a millisecond of work, or longer
   * @return the seconds
   */
  public static double best(Runnable run) {
    return best(run, WINDOW_NANOS);
  }

  /**
   * Seconds of the fastest run, in windows of the given length.
   *
   * @param run a fraction of a window of work
   * @param windowNanos length of a window, in ns
   * @return the seconds
   */
  public static double best(Runnable run, long windowNanos) {
    double best = window(run, windowNanos);
    int quiet = 0;
    for (int windows = 1; windows < MOST_WINDOWS; windows++) {
      double next = window(run, windowNanos);
      quiet = next > SETTLED * best ? quiet + 1 : 0;
      best = Math.min(best, next);
      if (windows >= FEWEST_WINDOWS && quiet >= QUIET_WINDOWS) {
        break;
      }
    }
    return best;
  }

  private static double window(Runnable run, long nanos) {
    long begin = System.nanoTime();
    double best = Double.MAX_VALUE;
    while (System.nanoTime() - begin < nanos) {
      long start = System.nanoTime();
      run.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }
}
