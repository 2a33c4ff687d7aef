package io.github.shardsum.measure;

import java.util.Arrays;

/**
 * The median of some measurements, with an interval that covers the true median with a probability
 * of at least 0.95. The interval lies between two order statistics, so it holds for every
 * distribution. Fewer than six values have no such interval; the smallest and the largest are given
 * instead.
 *
 * @param median the median
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
public record Interval(double median, double low, double high) {
  private static final double MISSED_ON_A_SIDE = 0.025;

  /**
   * The median of measurements.
   *
   * @param values at least one, in any order
   * @throws IllegalArgumentException if there is none
   */
  public static Interval of(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("values: must be at least one, got none");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int rank = outermost(sorted.length);
    return new Interval(quantile(sorted, 0.5), sorted[rank], sorted[sorted.length - 1 - rank]);
  }

  /** A value that does not vary, such as a number of bytes. */
  public static Interval exactly(double value) {
    return new Interval(value, value, value);
  }

  /** The median alone. */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return quantile(sorted, 0.5);
  }

  /** A quantile of sorted numbers, interpolated linearly between neighbours. */
  public static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /**
   * The largest rank r, counted from 0, such that the median lies below the r-th of n numbers with
   * a probability of at most 0.025. This is the probability that at most r of n fair coins show
   * heads.
   */
  static int outermost(int n) {
    double tail = 0;
    double term = Math.pow(0.5, n);
    for (int rank = 0; rank < n; rank++) {
      tail += term;
      if (tail > MISSED_ON_A_SIDE) {
        return Math.max(0, rank - 1);
      }
      term *= (double) (n - rank) / (rank + 1);
    }
    return 0;
  }
}
