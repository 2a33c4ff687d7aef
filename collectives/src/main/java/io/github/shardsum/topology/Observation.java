package io.github.shardsum.topology;

/**
 * A collective that was measured; an immutable value.
 *
 * @param price the model's price, of which only the loads and hops are used
 * @param seconds the measured time, positive and finite
 */
public record Observation(CollectiveCost price, double seconds) {
  /**
   * Checks the time.
   *
   * @throws IllegalArgumentException if the time is not positive and finite, or the collective uses
   *     links between hosts
   */
  public Observation {
    if (!(seconds > 0) || Double.isInfinite(seconds)) {
      throw new IllegalArgumentException(
          "observation: the time must be positive, got " + seconds + " s for " + price.what());
    }
    if (price.phases().stream().anyMatch(phase -> phase.hostHops() > 0)) {
      throw new IllegalArgumentException(
          "observation: the collective must be inside one host, got " + price.what());
    }
  }

  /** The time that a link predicts, with the measured time. */
  Residual on(Link link) {
    double predicted =
        price.largestLinkLoad() / link.bytesPerSecond() + price.hops() * link.secondsPerHop();
    return new Residual(price.what(), seconds, predicted);
  }
}
