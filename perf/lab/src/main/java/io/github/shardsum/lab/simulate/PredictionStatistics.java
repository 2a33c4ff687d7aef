package io.github.shardsum.lab.simulate;

import java.util.List;

/** Figures of a score. */
final class PredictionStatistics {
  private PredictionStatistics() {}

  static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    return size == 0 ? Double.NaN : (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }

  /** Spearman's rank correlation, ties at their mean rank; NaN if either is constant. */
  static double rankCorrelation(List<Double> first, List<Double> second) {
    List<Double> a = ranks(first);
    List<Double> b = ranks(second);
    double middle = (a.size() + 1) / 2.0;
    double both = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < a.size(); i++) {
      both += (a.get(i) - middle) * (b.get(i) - middle);
      left += Math.pow(a.get(i) - middle, 2);
      right += Math.pow(b.get(i) - middle, 2);
    }
    return both / Math.sqrt(left * right);
  }

  private static List<Double> ranks(List<Double> values) {
    return values.stream()
        .map(
            each -> {
              long below = values.stream().filter(other -> other < each).count();
              long same = values.stream().filter(each::equals).count();
              return below + (same + 1) / 2.0;
            })
        .toList();
  }
}
