package io.github.shardsum.cli;

import io.github.shardsum.exec.Workers;

/**
 * What this machine can do at most, measured when asked: the yardstick of every report.
 *
 * @param threads threads that worked at once
 * @param multiplyAddFlops f32 multiply-adds on registers, two FLOPs each, in FLOP/s over all
 *     threads
 * @param copyBytes bytes read and written by a copy of memory far beyond the caches, in bytes/s
 *     over all threads
 */
public record MachineLimits(int threads, double multiplyAddFlops, double copyBytes) {
  private static final int COPY_FLOATS = 8 << 20;
  private static final long WINDOW_NANOS = 100_000_000;

  /** The JIT is done with the loops after two or three windows, as a rule. */
  private static final int FEWEST_WINDOWS = 5;

  private static final int MOST_WINDOWS = 15;

  /** A window that takes this share of the best time so far brings nothing new. */
  private static final double SETTLED = 0.99;

  /**
   * Measures for about a second; other work on the machine lowers the result.
   *
   * @param workers the threads
   * @return the best of many short runs
   */
  public static MachineLimits measure(Workers workers) {
    int threads = workers.parallelism();
    MultiplyAddProbe[] probes = new MultiplyAddProbe[threads];
    float[][] copies = new float[2 * threads][COPY_FLOATS];
    for (int i = 0; i < threads; i++) {
      probes[i] = new MultiplyAddProbe();
    }
    double flops = best(() -> workers.run(threads, (index, _) -> probes[index].run()));
    double copy =
        best(
            () ->
                workers.run(
                    threads,
                    (index, _) ->
                        System.arraycopy(
                            copies[2 * index], 0, copies[2 * index + 1], 0, COPY_FLOATS)));
    return new MachineLimits(
        threads,
        threads * MultiplyAddProbe.FLOPS / flops,
        2.0 * Float.BYTES * COPY_FLOATS * threads / copy);
  }

  /**
   * The higher of two measurements: what slows a machine down comes and goes.
   *
   * @param other another one with as many threads
   * @return the higher of each number
   */
  public MachineLimits orBetter(MachineLimits other) {
    return new MachineLimits(
        threads,
        Math.max(multiplyAddFlops, other.multiplyAddFlops),
        Math.max(copyBytes, other.copyBytes));
  }

  /** Seconds of the fastest run, found by windows until one is no better than those before. */
  private static double best(Runnable run) {
    double best = window(run);
    for (int windows = 1; windows < MOST_WINDOWS; windows++) {
      double next = window(run);
      boolean settled = windows >= FEWEST_WINDOWS && next > SETTLED * best;
      best = Math.min(best, next);
      if (settled) {
        break;
      }
    }
    return best;
  }

  private static double window(Runnable run) {
    long begin = System.nanoTime();
    double best = Double.MAX_VALUE;
    while (System.nanoTime() - begin < WINDOW_NANOS) {
      long start = System.nanoTime();
      run.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }
}
