package io.github.shardsum.topology;

/**
 * Loads of one phase of a collective on the links of one axis, or of the hosts; an immutable value.
 *
 * @param axis the axis, as in {@code axis 0 (ring of 32)} or {@code hosts}
 * @param links number of directed links of the axis, including those without load
 * @param totalBytes sum of the loads of all links
 * @param largestBytes load of the busiest link
 * @param busiest the position of that link
 * @param link the properties of a link
 */
public record AxisLoad(
    String axis, long links, double totalBytes, double largestBytes, String busiest, Link link) {
  AxisLoad times(double factor) {
    return new AxisLoad(axis, links, totalBytes * factor, largestBytes * factor, busiest, link);
  }

  /**
   * The mean load of a link.
   *
   * @return bytes
   */
  public double meanBytes() {
    return links == 0 ? 0 : totalBytes / links;
  }

  /**
   * Time of the busiest link without latency.
   *
   * @return seconds
   */
  public double largestSeconds() {
    return largestBytes / link.bytesPerSecond();
  }

  /**
   * Time if every link had the mean load, without latency.
   *
   * @return seconds
   */
  public double meanSeconds() {
    return meanBytes() / link.bytesPerSecond();
  }
}
