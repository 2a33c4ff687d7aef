package io.github.shardsum.bench;

import io.github.shardsum.partition.StepSpan;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Predicts how much longer a layer by rows takes on a mesh in one process if its loads are skewed.
 * The prediction needs the times of the steps under an even load, and the rows of each device. The
 * products of the experts take time in proportion to their rows; the devices of a step are given to
 * threads in order, each device to the first free thread. Everything else takes as long as under an
 * even load.
 */
final class PredictedSkew {
  private static final String EXPERTS = ": moe.rows_experts";

  private final int threads;
  private double experts;
  private double all;

  PredictedSkew(int threads) {
    this.threads = threads;
  }

  /** Adds a run under an even load. */
  void add(List<StepSpan> spans) {
    record Step(List<Integer> steps, List<Integer> within, String name) {}
    Map<Step, long[]> times = new HashMap<>();
    for (StepSpan span : spans) {
      long[] time =
          times.computeIfAbsent(
              new Step(span.steps(), span.within(), span.name() + span.part() + span.rest()),
              _ -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
      time[0] = Math.min(time[0], span.begin());
      time[1] = Math.max(time[1], span.end());
    }
    times.forEach(
        (step, time) -> {
          all += time[1] - time[0];
          experts += step.name().contains(EXPERTS) ? time[1] - time[0] : 0;
        });
  }

  /** The share of the experts' products in the time under an even load. */
  double share() {
    return experts / all;
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
    return 1 + share() * (longest(rows, devices) / longest(even, devices) - 1);
  }

  /** The rows of the thread that has the most rows. */
  private double longest(long[] rows, int devices) {
    double[] free = new double[threads];
    int own = rows.length / devices;
    for (int device = 0; device < devices; device++) {
      int first = 0;
      for (int thread = 1; thread < threads; thread++) {
        first = free[thread] < free[first] ? thread : first;
      }
      for (int expert = device * own; expert < (device + 1) * own; expert++) {
        free[first] += rows[expert];
      }
    }
    return Arrays.stream(free).max().orElse(0);
  }
}
