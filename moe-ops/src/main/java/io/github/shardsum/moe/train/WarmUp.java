package io.github.shardsum.moe.train;

import io.github.shardsum.internal.moe.route.ArgumentChecks;

/**
 * A learning rate that grows linearly up to the peak and then falls with the inverse square root of
 * the step. The rate depends only on the step, so a resumed run has the bits of an uninterrupted
 * one.
 *
 * @param peak the largest rate
 * @param steps the step at which the peak is reached
 */
public record WarmUp(double peak, long steps) {
  /** Checks the numbers. */
  public WarmUp {
    if (!(peak > 0) || Double.isInfinite(peak) || steps < 1) {
      throw new IllegalArgumentException(
          "rate: peak must be finite and above 0 and steps at least 1, got "
              + peak
              + " and "
              + steps);
    }
  }

  /**
   * The rate of a step.
   *
   * @param step the number of the step, from 1
   * @return the rate
   * @throws IllegalArgumentException if the step is below 1
   */
  public double rate(long step) {
    ArgumentChecks.atLeast("rate: step", 1, step);
    double done = (double) step / steps;
    return peak * Math.min(done, Math.sqrt(1 / done));
  }
}
