package io.github.shardsum.cli.common;

import io.github.shardsum.partition.StepSpan;
import java.util.List;

/**
 * Seconds of local programs: for each operation, for each byte, and for each program.
 *
 * @param flop seconds of an operation, at least 0
 * @param bytes seconds of a byte, at least 0
 * @param each seconds of a program, at least 0
 */
record StepRates(double flop, double bytes, double each) {
  private static final int NUMBERS = 3;

  /** A pivot below this share of its row's largest entry is 0. */
  private static final double SINGULAR = 1e-9;

  /**
   * Least squares of time over operations and bytes, no number below 0. Every subset of the three
   * numbers is fitted with the others 0; the subset with the least error counts.
   *
   * @param spans local programs; those without work are skipped
   */
  static StepRates of(List<StepSpan> spans) {
    List<StepSpan> all = spans.stream().filter(StepRates::hasWork).toList();
    double[] best = new double[NUMBERS];
    double least = Double.POSITIVE_INFINITY;
    for (int subset = 1; subset < 1 << NUMBERS; subset++) {
      double[] rates = fitted(all, subset);
      double error = error(all, rates);
      if (error < least) {
        least = error;
        best = rates;
      }
    }
    return new StepRates(best[0], best[1], best[2]);
  }

  /** The predicted time of a span's computation. */
  double seconds(StepSpan span) {
    return hasWork(span) ? seconds(span, new double[] {flop, bytes, each}) : 0;
  }

  private static boolean hasWork(StepSpan span) {
    return span.flops() > 0 || span.bytes() > 0;
  }

  private static double[] features(StepSpan span) {
    return new double[] {span.flops(), span.bytes(), 1};
  }

  private static double seconds(StepSpan span, double[] rates) {
    double[] features = features(span);
    double seconds = 0;
    for (int i = 0; i < NUMBERS; i++) {
      seconds += rates[i] * features[i];
    }
    return seconds;
  }

  /** The sum of squares; infinite for rates below 0. */
  private static double error(List<StepSpan> spans, double[] rates) {
    double error = 0;
    for (StepSpan span : spans) {
      double off = span.nanoseconds() / 1e9 - seconds(span, rates);
      error += off * off;
    }
    for (double rate : rates) {
      // A subset without a solution has negative rates or NaN.
      error = rate >= 0 ? error : Double.POSITIVE_INFINITY;
    }
    return error;
  }

  /** The rates of a subset by the normal equations, each in units of its feature's mean. */
  private static double[] fitted(List<StepSpan> spans, int subset) {
    double[] units = new double[NUMBERS];
    for (StepSpan span : spans) {
      double[] features = features(span);
      for (int i = 0; i < NUMBERS; i++) {
        units[i] += features[i] / spans.size();
      }
    }
    double[][] rows = new double[NUMBERS][NUMBERS + 1];
    for (StepSpan span : spans) {
      double[] features = features(span);
      for (int i = 0; i < NUMBERS; i++) {
        features[i] = units[i] > 0 && (subset >> i & 1) == 1 ? features[i] / units[i] : 0;
      }
      for (int i = 0; i < NUMBERS; i++) {
        for (int j = 0; j < NUMBERS; j++) {
          rows[i][j] += features[i] * features[j];
        }
        rows[i][NUMBERS] += features[i] * span.nanoseconds() / 1e9;
      }
    }
    double[] rates = new double[NUMBERS];
    solve(rows, subset);
    for (int i = 0; i < NUMBERS; i++) {
      if ((subset >> i & 1) == 1) {
        rates[i] = rows[i][NUMBERS] / rows[i][i] / units[i];
      }
    }
    return rates;
  }

  /**
   * Solves the equations of a subset by elimination. A pivot that is lost in rounding becomes 0, so
   * that its rate is NaN and the subset is dropped.
   */
  private static void solve(double[][] rows, int subset) {
    for (int pivot = 0; pivot < NUMBERS; pivot++) {
      if ((subset >> pivot & 1) == 0) {
        continue;
      }
      double largest = 0;
      for (double entry : rows[pivot]) {
        largest = Math.max(largest, Math.abs(entry));
      }
      if (rows[pivot][pivot] <= SINGULAR * largest) {
        rows[pivot][pivot] = 0;
        rows[pivot][NUMBERS] = Double.NaN;
        return;
      }
      for (int other = 0; other < NUMBERS; other++) {
        double factor = rows[other][pivot] / rows[pivot][pivot];
        for (int column = pivot; other != pivot && column <= NUMBERS; column++) {
          rows[other][column] -= factor * rows[pivot][column];
        }
      }
    }
  }
}
