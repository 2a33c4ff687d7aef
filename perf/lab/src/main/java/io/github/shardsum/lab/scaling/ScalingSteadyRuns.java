package io.github.shardsum.lab.scaling;

import java.util.Arrays;
import java.util.List;

/**
 * Times of a run once the JVM has compiled it.
 *
 * @param warmSeconds the least time of the runs before the counted runs; they go on until they get
 *     no faster; 0 for no such runs
 * @param runs number of counted runs; for short programs each is the mean of several runs in a row
 */
public record ScalingSteadyRuns(double warmSeconds, int runs) {
  private static final double NANOS = 1e9;
  private static final double SHORTEST = 1e-6;
  private static final int WINDOWS = 4;
  private static final int MOST_WINDOWS = 40;

  /** Windows in a row without progress after which runs count. */
  private static final int QUIET = 3;

  /** A window whose best run takes more than this share of the best so far is not progress. */
  private static final double SETTLED = 0.98;

  /** Shorter runs are timed several in a row, since a thread that sleeps takes a while to wake. */
  private static final double LEAST_SECONDS = 0.01;

  private static final int MOST_IN_A_ROW = 1000;

  /** Something that runs several times, one after the other. */
  @FunctionalInterface
  interface Repeated {
    void run(int times);

    /** Repeats something that runs once. */
    static Repeated of(Runnable one) {
      return times -> {
        for (int i = 0; i < times; i++) {
          one.run();
        }
      };
    }
  }

  /** Seconds of the median run. */
  double median(Repeated run) {
    return medians(List.of(run)).getFirst();
  }

  /**
   * Seconds of several runs that take turns, so that other work of the machine slows all of them
   * down.
   */
  List<Double> medians(List<Repeated> all) {
    all.forEach(this::warmUp);
    return timed(all, all.stream().map(run -> inARow(seconds(run, 1))).toList());
  }

  private static int inARow(double seconds) {
    return (int) Math.clamp(LEAST_SECONDS / Math.max(seconds, SHORTEST), 1, MOST_IN_A_ROW);
  }

  private void warmUp(Repeated run) {
    double best = Double.POSITIVE_INFINITY;
    int quiet = 0;
    for (int i = 0; i < MOST_WINDOWS && warmSeconds > 0 && (i < WINDOWS || quiet < QUIET); i++) {
      double next = window(run);
      quiet = next > SETTLED * best ? quiet + 1 : 0;
      best = Math.min(best, next);
    }
  }

  private double window(Repeated run) {
    double best = Double.POSITIVE_INFINITY;
    long from = System.nanoTime();
    while ((System.nanoTime() - from) / NANOS < warmSeconds / WINDOWS) {
      best = Math.min(best, seconds(run, 1));
    }
    return best;
  }

  /**
   * Seconds of the median run, where several processes must make the same number of runs.
   *
   * @param about seconds that a run takes, the same number on all of them
   */
  double median(Repeated run, double about) {
    run.run(Math.clamp(Math.round(2 * warmSeconds / Math.max(about, SHORTEST)), 0, 1 << 30));
    return timed(List.of(run), List.of(inARow(about))).getFirst();
  }

  private List<Double> timed(List<Repeated> all, List<Integer> inARow) {
    double[][] seconds = new double[all.size()][runs];
    for (int i = 0; i < runs; i++) {
      for (int turn = 0; turn < all.size(); turn++) {
        // Each run is first in its turn, so that garbage collections fall on all of them.
        int which = (i + turn) % all.size();
        seconds[which][i] = seconds(all.get(which), inARow.get(which));
      }
    }
    return Arrays.stream(seconds).map(ScalingSteadyRuns::median).toList();
  }

  private static double median(double[] seconds) {
    Arrays.sort(seconds);
    return (seconds[(seconds.length - 1) / 2] + seconds[seconds.length / 2]) / 2;
  }

  /** Mean seconds of a run over several runs in a row. */
  private static double seconds(Repeated run, int times) {
    long from = System.nanoTime();
    run.run(times);
    return (System.nanoTime() - from) / NANOS / times;
  }
}
