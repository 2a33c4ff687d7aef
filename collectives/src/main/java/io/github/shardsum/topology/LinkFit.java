package io.github.shardsum.topology;

import java.util.Arrays;
import java.util.List;

/**
 * One effective bandwidth and one latency a hop, fitted to measured times by the model of the
 * largest link load; an immutable value.
 *
 * <p>The fit minimizes the sum of the squared logarithms of predicted over measured time. Each
 * point thus has the same weight, whatever its size, and a prediction of half the time counts as
 * much as one of twice the time. All points share one fit, and each has its residual.
 *
 * @param link the effective link
 * @param residuals the residual of every observation, in their order
 */
public record LinkFit(Link link, List<Residual> residuals) {
  private static final int GRID = 100;
  private static final double BEYOND = 1e4;
  private static final int ROUNDS = 100;

  /** The fit's latency is 0 if another one would reduce the spread by less than this share. */
  private static final double NOTHING = 1e-6;

  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  /** Copies the residuals. */
  public LinkFit {
    residuals = List.copyOf(residuals);
  }

  /**
   * Fits both numbers; the latency is 0 if hops add nothing to the explanation by loads.
   *
   * @param observations the observations, of which at least one moves bytes
   * @return the fit; deterministic
   * @throws IllegalArgumentException if no observation moves bytes
   */
  public static LinkFit of(List<Observation> observations) {
    if (observations.stream().noneMatch(each -> each.price().largestLinkLoad() > 0)) {
      throw new IllegalArgumentException(
          "link fit: expected an observation that moves bytes, got " + observations);
    }
    double bytesPerHop = leastSpread(observations);
    double secondsPerByte = Math.exp(mean(logs(observations, bytesPerHop)));
    return on(new Link(1 / secondsPerByte, bytesPerHop * secondsPerByte), observations);
  }

  /**
   * The number of bytes that pass a link during one hop. For a given number, the best bandwidth
   * follows from a mean of logarithms, so only this number is searched: on a grid, then between the
   * best point's neighbours.
   */
  private static double leastSpread(List<Observation> observations) {
    double[] grid = grid(observations);
    int best = 0;
    for (int i = 1; i < grid.length; i++) {
      best = spread(observations, grid[i]) < spread(observations, grid[best]) ? i : best;
    }
    double low = grid[Math.max(0, best - 1)];
    double high = grid[Math.min(grid.length - 1, best + 1)];
    for (int round = 0; round < ROUNDS; round++) {
      double left = high - GOLDEN * (high - low);
      double right = low + GOLDEN * (high - low);
      if (spread(observations, left) <= spread(observations, right)) {
        high = right;
      } else {
        low = left;
      }
    }
    double found = (low + high) / 2;
    double without = spread(observations, 0);
    return without <= spread(observations, found) * (1 + NOTHING) ? 0 : found;
  }

  /** The numbers to try: 0, then from those with negligible hops to those with negligible loads. */
  private static double[] grid(List<Observation> observations) {
    double[] ratios =
        observations.stream()
            .map(Observation::price)
            .filter(price -> price.hops() > 0 && price.largestLinkLoad() > 0)
            .mapToDouble(price -> price.largestLinkLoad() / price.hops())
            .sorted()
            .toArray();
    if (ratios.length == 0) {
      return new double[] {0};
    }
    double low = Math.log(ratios[0] / BEYOND);
    double high = Math.log(ratios[ratios.length - 1] * BEYOND);
    double[] grid = new double[GRID];
    for (int i = 1; i < GRID; i++) {
      grid[i] = Math.exp(low + (high - low) * (i - 1) / (GRID - 2));
    }
    return grid;
  }

  /** For each observation, the logarithm of the seconds a byte that explain it. */
  private static double[] logs(List<Observation> observations, double bytesPerHop) {
    return observations.stream()
        .mapToDouble(
            each -> {
              CollectiveCost price = each.price();
              double bytes = price.largestLinkLoad() + bytesPerHop * price.hops();
              return Math.log(each.seconds() / bytes);
            })
        .toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(0);
  }

  private static double spread(List<Observation> observations, double bytesPerHop) {
    double[] logs = logs(observations, bytesPerHop);
    double mean = mean(logs);
    double spread = Arrays.stream(logs).map(log -> (log - mean) * (log - mean)).sum();
    // No bandwidth explains a time without loads and hops.
    return Double.isNaN(spread) ? Double.POSITIVE_INFINITY : spread;
  }

  /**
   * Compares a link from another source with observations.
   *
   * @param link the link
   * @param observations the observations
   * @return the link with their residuals
   */
  public static LinkFit on(Link link, List<Observation> observations) {
    return new LinkFit(
        link, observations.stream().map(observation -> observation.on(link)).toList());
  }

  /**
   * The largest relative error in either direction.
   *
   * @return at least 0
   */
  public double worst() {
    return residuals.stream().mapToDouble(each -> Math.abs(each.relative())).max().orElse(0);
  }
}
