package io.github.shardsum.measure;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;

/**
 * The times of two candidates that ran in the same rounds. A disturbance slows down both, and
 * ratios are taken within a round.
 *
 * @param first seconds per call, an element for each round
 * @param second seconds per call in the same rounds
 */
public record PairedTiming(double[] first, double[] second) {
  /**
   * A pair of times.
   *
   * @throws IllegalArgumentException if the numbers of times differ, or there are none
   */
  public PairedTiming {
    if (first.length != second.length || first.length == 0) {
      throw wrongArgument(
          "rounds: must be the same number of both, at least one, got %d and %d",
          first.length, second.length);
    }
  }

  /**
   * Times two candidates.
   *
   * @param timer the number and the length of the rounds
   * @param first one
   * @param second the other
   * @throws MeasurementException if a candidate failed
   */
  public static PairedTiming of(InterleavedTimer timer, Timed first, Timed second)
      throws MeasurementException {
    List<MeasurementException> failures = new ArrayList<>();
    Map<Timed, double[]> times = timer.run(List.of(first, second), (_, why) -> failures.add(why));
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    return new PairedTiming(
        Objects.requireNonNull(times.get(first)), Objects.requireNonNull(times.get(second)));
  }

  /** The time of the first over the time of the second. */
  public Interval ratio() {
    return interval((one, other) -> one / other);
  }

  /**
   * The median over the rounds of a function of both times.
   *
   * @param function a function of the seconds of first and second in a round
   */
  public Interval interval(DoubleBinaryOperator function) {
    double[] values = new double[first.length];
    Arrays.setAll(values, round -> function.applyAsDouble(first[round], second[round]));
    return Interval.of(values);
  }
}
