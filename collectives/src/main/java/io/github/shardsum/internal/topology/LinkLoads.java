package io.github.shardsum.internal.topology;

import io.github.shardsum.topology.AxisLoad;
import io.github.shardsum.topology.HostLevel;
import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Loads of all links of a topology in one phase, in bytes. Not thread-safe. */
public final class LinkLoads {
  private final Topology topology;
  private final ChipGrid grid;
  private final @Nullable LineLoads[][] lines;
  private final double[] up;
  private final double[] down;

  public LinkLoads(Topology topology, ChipGrid grid) {
    this.topology = topology;
    this.grid = grid;
    this.up = new double[topology.hosts()];
    this.down = new double[topology.hosts()];
    this.lines = new @Nullable LineLoads[grid.rank()][];
    for (int axis = 0; axis < grid.rank(); axis++) {
      lines[axis] =
          new @Nullable LineLoads[topology.hosts() * topology.chipsPerHost() / grid.size(axis)];
    }
  }

  public LineLoads line(int axis, int line) {
    LineLoads known = lines[axis][line];
    if (known == null) {
      TopologyAxis along = grid.axis(axis);
      known = new LineLoads(along.size(), along.interconnect());
      lines[axis][line] = known;
    }
    return known;
  }

  /** A message between two chips, axis after axis or from host to host. */
  public void route(int from, int to, double bytes) {
    if (grid.host(from) != grid.host(to)) {
      hosts(grid.host(from), grid.host(to), bytes);
      return;
    }
    int chip = from;
    for (int axis = 0; axis < grid.rank(); axis++) {
      int here = grid.coordinate(chip, axis);
      int there = grid.coordinate(to, axis);
      if (here != there) {
        line(axis, grid.line(chip, axis)).route(here, there, bytes);
        chip += (there - here) * grid.stride(axis);
      }
    }
  }

  public void hosts(int from, int to, double bytes) {
    sent(from, bytes);
    received(to, bytes);
  }

  public void sent(int host, double bytes) {
    up[host] += bytes;
  }

  public void received(int host, double bytes) {
    down[host] += bytes;
  }

  /** The axes with loads. */
  public List<AxisLoad> axes() {
    return IntStream.range(0, grid.rank())
        .filter(axis -> Arrays.stream(lines[axis]).anyMatch(Objects::nonNull))
        .mapToObj(this::summary)
        .toList();
  }

  /** The hosts' links, if they have loads. */
  public Optional<AxisLoad> betweenHosts() {
    return topology.hostLevel().filter(level -> Arrays.stream(up).sum() > 0).map(this::hostSummary);
  }

  private AxisLoad summary(int axis) {
    TopologyAxis along = grid.axis(axis);
    double total = 0;
    double largest = 0;
    String busiest = "-";
    for (int line = 0; line < lines[axis].length; line++) {
      LineLoads known = lines[axis][line];
      double[] loads = known == null ? new double[0] : known.loads();
      for (int i = 0; i < loads.length; i++) {
        total += loads[i];
        if (loads[i] > largest * (1 + 1e-9)) {
          largest = loads[i];
          busiest = name(axis, line, i);
        }
      }
    }
    long count =
        (long) along.interconnect().connections(along.size())
            * along.links()
            * (topology.hosts() * topology.chipsPerHost() / along.size());
    return new AxisLoad(
        "axis " + axis + " (" + along.interconnect() + " of " + along.size() + ")",
        count,
        total,
        largest / along.links(),
        busiest,
        topology.link());
  }

  private String name(int axis, int line, int link) {
    TopologyAxis along = grid.axis(axis);
    int size = along.size();
    int first = grid.chip(line, axis, link % size);
    String host = topology.hosts() == 1 ? "" : "host " + grid.host(first) + " ";
    String here = grid.text(first);
    String next = grid.text(grid.chip(line, axis, (link + 1) % size));
    boolean forward = link < size;
    return host
        + switch (along.interconnect()) {
          case LINE, RING -> forward ? here + "->" + next : next + "->" + here;
          case SWITCH -> here + (forward ? " up" : " down");
          case BUS -> "the bus";
        };
  }

  private AxisLoad hostSummary(HostLevel level) {
    double largest = 0;
    String busiest = "-";
    for (int host = 0; host < up.length; host++) {
      if (Math.max(up[host], down[host]) > largest) {
        largest = Math.max(up[host], down[host]);
        busiest = "host " + host + (up[host] >= down[host] ? " up" : " down");
      }
    }
    double total = Arrays.stream(up).sum() + Arrays.stream(down).sum();
    return new AxisLoad(
        "hosts",
        2L * level.hosts() * level.links(),
        total,
        largest / level.links(),
        busiest,
        level.link());
  }
}
