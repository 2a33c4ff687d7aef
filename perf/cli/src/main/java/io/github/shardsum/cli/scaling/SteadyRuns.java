package io.github.shardsum.cli.scaling;

import java.util.Arrays;
import java.util.List;

/**
 * Times of a run once the JVM has compiled it.
 *
 * @param warmSeconds the least time of the runs before those that count, which go on until they get
 *     no faster; 0 for none
 * @param runs that count
 */
public record SteadyRuns(double warmSeconds, int runs) {
  private static final double NANOS = 1e9;
  private static final double SHORTEST = 1e-6;
  private static final int WINDOWS = 4;
  private static final int MOST_WINDOWS = 40;

  /** Windows in a row without progress after which runs count. */
  private static final int QUIET = 3;

  /** A window whose best run takes more than this share of the best so far is no progress. */
  private static final double SETTLED = 0.98;

  /** Seconds of the median run. */
  double median(Runnable run) {
    warmUp(run);
    return timed(List.of(run)).getFirst();
  }

  /**
   * Seconds of several runs that take turns, so that other work of the machine slows all of them
   * down.
   */
  List<Double> medians(List<Runnable> all) {
    all.forEach(this::warmUp);
    return timed(all);
  }

  private void warmUp(Runnable run) {
    double best = Double.POSITIVE_INFINITY;
    int quiet = 0;
    for (int i = 0; i < MOST_WINDOWS && warmSeconds > 0 && (i < WINDOWS || quiet < QUIET); i++) {
      double next = window(run);
      quiet = next > SETTLED * best ? quiet + 1 : 0;
      best = Math.min(best, next);
    }
  }

  private double window(Runnable run) {
    double best = Double.POSITIVE_INFINITY;
    long from = System.nanoTime();
    while ((System.nanoTime() - from) / NANOS < warmSeconds / WINDOWS) {
      best = Math.min(best, seconds(run));
    }
    return best;
  }

  /**
   * The same where several processes must make the same number of runs.
   *
   * @param about seconds that a run takes, the same number on all of them
   */
  double median(Runnable run, double about) {
    long before = Math.round(2 * warmSeconds / Math.max(about, SHORTEST));
    for (long i = 0; i < before; i++) {
      run.run();
    }
    return timed(List.of(run)).getFirst();
  }

  private List<Double> timed(List<Runnable> all) {
    double[][] seconds = new double[all.size()][runs];
    for (int i = 0; i < runs; i++) {
      for (int which = 0; which < all.size(); which++) {
        seconds[which][i] = seconds(all.get(which));
      }
    }
    return Arrays.stream(seconds).map(SteadyRuns::median).toList();
  }

  private static double median(double[] seconds) {
    Arrays.sort(seconds);
    return (seconds[(seconds.length - 1) / 2] + seconds[seconds.length / 2]) / 2;
  }

  private static double seconds(Runnable run) {
    long from = System.nanoTime();
    run.run();
    return (System.nanoTime() - from) / NANOS;
  }
}
