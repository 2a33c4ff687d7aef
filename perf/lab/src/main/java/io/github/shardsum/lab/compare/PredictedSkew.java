package io.github.shardsum.lab.compare;

import io.github.shardsum.partition.StepSpan;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Predicts how much longer a layer by rows takes on a mesh in one process if its loads are skewed.
 * The prediction needs the times of the steps under an even load and under half of it, and the rows
 * of each expert. The products of an expert that has rows take a fixed time, in which its weights
 * are packed, and a time in proportion to its rows; the two even loads give both. The devices of a
 * step are given to threads in order, each to the first that is free. All else takes the time that
 * it takes under an even load.
 */
final class PredictedSkew {
  private static final String EXPERTS = ": moe.rows_experts";

  private final int threads;
  private double experts;
  private double expertsOfHalf;
  private double all;

  PredictedSkew(int threads) {
    this.threads = threads;
  }

  /** Adds a run under an even load. */
  void add(List<StepSpan> spans) {
    times(spans)
        .forEach(
            (step, time) -> {
              all += time;
              experts += step.contains(EXPERTS) ? time : 0;
            });
  }

  /**
   * Adds a run under an even load of half as many rows. There must be as many of these runs as runs
   * under the whole load.
   */
  void addHalf(List<StepSpan> spans) {
    times(spans).forEach((step, time) -> expertsOfHalf += step.contains(EXPERTS) ? time : 0);
  }

  /** The time of each step, from the first device's begin to the last one's end. */
  private static Map<String, Long> times(List<StepSpan> spans) {
    Map<String, long[]> ends = new HashMap<>();
    for (StepSpan span : spans) {
      String step = span.steps() + "/" + span.within() + span.name() + span.part() + span.rest();
      long[] time = ends.computeIfAbsent(step, _ -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
      time[0] = Math.min(time[0], span.begin());
      time[1] = Math.max(time[1], span.end());
    }
    Map<String, Long> times = new HashMap<>();
    ends.forEach((step, time) -> times.put(step, time[1] - time[0]));
    return times;
  }

  /** The share of the experts' products in the time under an even load. */
  double share() {
    return experts / all;
  }

  /**
   * The fixed time of an expert as a number of rows. R rows over E experts take as long as E times
   * this number plus R; half of the rows take E times this number plus R / 2.
   *
   * @param rows the rows of an expert under the even load
   */
  double fixedRows(double rows) {
    double half = expertsOfHalf / experts;
    return Math.max(0, rows * (half - 0.5) / (1 - half));
  }

  /**
   * The time under a skewed load over the time under an even load.
   *
   * @param rows the rows of each expert; consecutive experts belong to one device, equally many to
   *     each
   */
  double ratio(long[] rows, int devices) {
    long[] even = new long[rows.length];
    Arrays.fill(even, Arrays.stream(rows).sum() / rows.length);
    double fixed = fixedRows(even[0]);
    return 1 + share() * (longest(rows, devices, fixed) / longest(even, devices, fixed) - 1);
  }

  /** The time of the busiest thread, in rows. */
  private double longest(long[] rows, int devices, double fixed) {
    double[] free = new double[threads];
    int own = rows.length / devices;
    for (int device = 0; device < devices; device++) {
      int first = 0;
      for (int thread = 1; thread < threads; thread++) {
        first = free[thread] < free[first] ? thread : first;
      }
      for (int expert = device * own; expert < (device + 1) * own; expert++) {
        free[first] += rows[expert] == 0 ? 0 : fixed + rows[expert];
      }
    }
    return Arrays.stream(free).max().orElse(0);
  }
}
