package io.github.shardsum.lab.compare;

import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Times of competitors that took turns, by name.
 *
 * @param times seconds per call, an element for each round
 */
record BenchmarkRounds(Map<String, double[]> times) {
  /** Runs all competitors. */
  static BenchmarkRounds of(InterleavedTimer timer, Map<String, Timed> competitors)
      throws MeasurementException {
    List<MeasurementException> failures = new ArrayList<>();
    Map<Timed, double[]> times =
        timer.run(List.copyOf(competitors.values()), (_, why) -> failures.add(why));
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    Map<String, double[]> named = new LinkedHashMap<>();
    competitors.forEach((name, timed) -> named.put(name, Objects.requireNonNull(times.get(timed))));
    return new BenchmarkRounds(named);
  }

  /** Seconds of one case, or of several together. */
  double[] seconds(String... names) {
    double[] sum = new double[Objects.requireNonNull(times.get(names[0])).length];
    for (String name : names) {
      double[] each = Objects.requireNonNull(times.get(name), name);
      for (int round = 0; round < sum.length; round++) {
        sum[round] += each[round];
      }
    }
    return sum;
  }

  double median(String name) {
    return Interval.median(seconds(name));
  }

  /** The time of one over the time of the other. */
  Interval ratio(String one, String other) {
    return new PairedTiming(seconds(one), seconds(other)).ratio();
  }
}
