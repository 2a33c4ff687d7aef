package io.github.shardsum.topology;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One phase of a priced collective, whose messages travel at the same time; an immutable value.
 *
 * @param name its name
 * @param axes loads of each axis with traffic, inside the hosts
 * @param hosts loads of the hosts' links, if they have traffic
 * @param hops the longest way inside a host, in hops
 * @param hostHops hops between hosts on the longest way
 * @param latencySeconds time of those hops
 */
public record PhaseCost(
    String name,
    List<AxisLoad> axes,
    Optional<AxisLoad> hosts,
    int hops,
    int hostHops,
    double latencySeconds) {
  /** Copies the loads. */
  public PhaseCost {
    axes = List.copyOf(axes);
  }

  /** The same phase with every load multiplied by a number. */
  PhaseCost times(double factor) {
    List<AxisLoad> scaled = axes.stream().map(load -> load.times(factor)).toList();
    Optional<AxisLoad> between = hosts.map(load -> load.times(factor));
    return new PhaseCost(name, scaled, between, hops, hostHops, latencySeconds);
  }

  /** The loads of the axes, then of the hosts. */
  List<AxisLoad> loads() {
    return Stream.concat(axes.stream(), hosts.stream()).toList();
  }

  /**
   * Largest load of a link of the axes.
   *
   * @return bytes
   */
  public double largestBytes() {
    return axes.stream().mapToDouble(AxisLoad::largestBytes).max().orElse(0);
  }

  /**
   * Mean load of the links of the axes in use.
   *
   * @return bytes
   */
  public double meanBytes() {
    long links = axes.stream().mapToLong(AxisLoad::links).sum();
    double total = axes.stream().mapToDouble(AxisLoad::totalBytes).sum();
    return links == 0 ? 0 : total / links;
  }

  /**
   * Time of the busiest link, without latency.
   *
   * @return seconds
   */
  public double largestSeconds() {
    return loads().stream().mapToDouble(AxisLoad::largestSeconds).max().orElse(0);
  }

  /**
   * Time without latency if all links of the axes in use had equal loads, or the same for the
   * hosts' links if that is longer.
   *
   * @return seconds
   */
  public double meanSeconds() {
    double inside = axes.isEmpty() ? 0 : meanBytes() / axes.getFirst().link().bytesPerSecond();
    return Math.max(inside, hosts.map(AxisLoad::meanSeconds).orElse(0.0));
  }
}
