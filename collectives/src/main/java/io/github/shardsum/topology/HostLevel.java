package io.github.shardsum.topology;

/**
 * The second level of a topology: hosts with equal fabrics of chips inside, joined by a network
 * that never blocks; an immutable value. Bytes from one host's chips to other hosts share the
 * host's links and load no link inside the host.
 *
 * @param hosts number of hosts, at least 1
 * @param links number of links of each host to the network in one direction, at least 1, used
 *     evenly
 * @param link one of these links
 */
public record HostLevel(int hosts, int links, Link link) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number is below 1
   */
  public HostLevel {
    if (hosts < 1 || links < 1) {
      throw new IllegalArgumentException(
          "host level: hosts and links must be at least 1, got "
              + hosts
              + " hosts and "
              + links
              + " links");
    }
  }

  /** As in {@code 4 hosts by 8 links of 50 GB/s, 5 us a hop}. */
  @Override
  public String toString() {
    return hosts + " hosts by " + links + (links == 1 ? " link of " : " links of ") + link;
  }
}
