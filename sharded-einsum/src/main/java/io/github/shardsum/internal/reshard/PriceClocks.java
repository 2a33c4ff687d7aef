package io.github.shardsum.internal.reshard;

/**
 * Two resources of a device: computation and links. A clock for each says when it becomes free, in
 * the unit of prices. Mutable, for one thread.
 */
public final class PriceClocks {
  private final double overlap;
  private double compute;
  private double links;

  /**
   * Clocks of two resources that are free from time 0 on.
   *
   * @param overlap the part of a transfer that takes no computing time, in [0, 1]
   */
  public PriceClocks(double overlap) {
    this.overlap = overlap;
  }

  /** The time at which a device has finished all work so far. */
  public double now() {
    return compute;
  }

  /** Adds computation to the work of the device. */
  public void local(double work) {
    compute += work;
  }

  /** Adds a step on both resources, which begins when both are free. */
  public void blocking(double price) {
    compute = Math.max(compute, links) + price;
    links = compute;
  }

  /**
   * Begins a transfer as soon as the device has finished its work so far and the links are free.
   *
   * @param price price of the transfer
   * @return the time at which the transfer ends
   */
  public double start(double price) {
    links = Math.max(compute, links) + price;
    compute += (1 - overlap) * price;
    return links;
  }

  /**
   * Waits for a transfer.
   *
   * @param end the time at which the transfer ends
   * @return the time that the device waits
   */
  public double await(double end) {
    double exposed = Math.max(0, end - compute);
    compute += exposed;
    return exposed;
  }
}
