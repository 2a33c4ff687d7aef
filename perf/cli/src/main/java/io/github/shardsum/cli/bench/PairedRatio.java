package io.github.shardsum.cli.bench;

import java.util.Arrays;

/**
 * How many times longer a peer took: the median of the ratios of rounds in which both ran, with an
 * interval that covers the true median with a probability of at least 0.95. The interval lies
 * between two order statistics of the ratios, so it holds whatever their distribution; of fewer
 * than six rounds no two are far enough apart, and the extremes are given.
 *
 * @param median the ratio
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
record PairedRatio(double median, double low, double high) {
  private static final double MISSED_ON_A_SIDE = 0.025;

  /**
   * The ratio.
   *
   * @param peer seconds of the peer, a round an element
   * @param ours seconds of ours in the same rounds
   */
  static PairedRatio of(double[] peer, double[] ours) {
    if (peer.length != ours.length || peer.length == 0) {
      throw new IllegalArgumentException(
          "ratio: wanted as many rounds of each, at least one, got %d and %d"
              .formatted(peer.length, ours.length));
    }
    double[] ratios = new double[peer.length];
    Arrays.setAll(ratios, round -> peer[round] / ours[round]);
    Arrays.sort(ratios);
    int rank = outermost(ratios.length);
    return new PairedRatio(quantile(ratios, 0.5), ratios[rank], ratios[ratios.length - 1 - rank]);
  }

  /** Quantile of sorted numbers, between neighbours on the line through them. */
  static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /**
   * The largest rank r, counted from 0, such that the median lies below the r-th of n numbers with
   * a probability of at most 0.025: r or fewer of n fair coins are heads.
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
