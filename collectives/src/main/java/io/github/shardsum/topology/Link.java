package io.github.shardsum.topology;

import java.util.Locale;

/**
 * Bandwidth and latency of one directed link; an immutable value.
 *
 * @param bytesPerSecond bytes a second in one direction, positive and finite
 * @param secondsPerHop the time from a message's entry into the link until it leaves the next chip,
 *     at least 0 and finite
 */
public record Link(double bytesPerSecond, double secondsPerHop) {
  /**
   * Checks both numbers.
   *
   * @throws IllegalArgumentException if the bandwidth is not positive, the latency negative, or
   *     either not finite
   */
  public Link {
    if (!(bytesPerSecond > 0) || Double.isInfinite(bytesPerSecond)) {
      throw new IllegalArgumentException(
          "link: bytes a second must be positive and finite, got " + bytesPerSecond);
    }
    if (!(secondsPerHop >= 0) || Double.isInfinite(secondsPerHop)) {
      throw new IllegalArgumentException(
          "link: seconds a hop must be at least 0 and finite, got " + secondsPerHop);
    }
  }

  /**
   * A link in the units of data sheets.
   *
   * @param gigabytesPerSecond 10^9 bytes a second in one direction
   * @param microsecondsPerHop microseconds a hop
   * @return the link
   */
  public static Link of(double gigabytesPerSecond, double microsecondsPerHop) {
    return new Link(gigabytesPerSecond * 1e9, microsecondsPerHop / 1e6);
  }

  /**
   * Several such links side by side.
   *
   * @param links number of links, at least 1
   * @return a link with the sum of their bandwidths and the latency of one
   * @throws IllegalArgumentException if links is below 1
   */
  public Link times(int links) {
    if (links < 1) {
      throw new IllegalArgumentException(
          "link: links side by side must be at least 1, got " + links);
    }
    return new Link(bytesPerSecond * links, secondsPerHop);
  }

  /** As in {@code 82 GB/s, 1 us a hop}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s GB/s, %s us a hop",
        digits(bytesPerSecond / 1e9),
        digits(secondsPerHop * 1e6));
  }

  private static String digits(double value) {
    return value != 0 && Math.abs(value) < 0.01
        ? String.format(Locale.ROOT, "%.2g", value)
        : String.format(Locale.ROOT, "%.2f", value).replaceAll("\\.?0+$", "");
  }
}
