package io.github.shardsum.topology;

import java.util.Locale;

/**
 * A measured time with its prediction; an immutable value.
 *
 * @param what the measured collective
 * @param measuredSeconds the measured time, positive
 * @param predictedSeconds the model's prediction
 */
public record Residual(String what, double measuredSeconds, double predictedSeconds) {
  /**
   * The error of the prediction as a share of the measured time: 0.1 means that the prediction is
   * 10 % too long.
   *
   * @return the relative error
   */
  public double relative() {
    return predictedSeconds / measuredSeconds - 1;
  }

  /** The collective, measured and predicted microseconds, and the error in percent. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: measured %s us, predicted %s us, %+.1f %%",
        what,
        CollectiveCost.micros(measuredSeconds),
        CollectiveCost.micros(predictedSeconds),
        100 * relative());
  }
}
