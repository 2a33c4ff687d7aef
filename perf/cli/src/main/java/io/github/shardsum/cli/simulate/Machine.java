package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.topology.HostLevel;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Devices of one family in slices of one shape.
 *
 * @param sides the sides of a slice in chips; one side for a switch
 * @param slices the number of equal slices, joined by a data-centre network
 * @param devices the number of all devices, which are chips or parts of chips
 * @param perChip devices of a chip
 */
public record Machine(
    DeviceFamily family, List<Integer> sides, int slices, long devices, int perChip) {
  /** The attained share of a link's or a memory's bandwidth. */
  public static final double ATTAINED = 0.8;

  private static final long MOST_CHIPS = 1 << 23;

  /**
   * Reads FAMILY:SIDES, such as {@code v3:32x32} or {@code h100:256}, with {@code *S} behind it for
   * S slices.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static Machine parse(String text) {
    return parse(text, DeviceFamily.all());
  }

  /** The same with other families. */
  public static Machine parse(String text, List<DeviceFamily> families) {
    int colon = text.indexOf(':');
    if (colon < 0
        || !text.substring(colon + 1)
            .matches("[1-9]\\d{0,5}(x[1-9]\\d{0,5}){0,2}(\\*[1-9]\\d{0,3})?")) {
      throw new IllegalArgumentException(
          "--topology: must be NAME:SIDES or NAME:SIDES*SLICES, such as v3:32x32 or v5e:16x16*4,"
              + " got \""
              + text
              + "\"");
    }
    DeviceFamily family = DeviceFamily.named(text.substring(0, colon), families);
    String[] parts = text.substring(colon + 1).split("\\*", -1);
    List<Integer> sides = new ArrayList<>();
    for (String side : parts[0].split("x", -1)) {
      sides.add(Integer.parseInt(side));
    }
    if (sides.size() > Math.max(1, family.axes())) {
      throw wrongArgument(
          "--topology: %s must have at most %d sides, got %d",
          family.name(), Math.max(1, family.axes()), sides.size());
    }
    int slices = parts.length == 1 ? 1 : Integer.parseInt(parts[1]);
    return of(family, sides, slices, family.perChip());
  }

  private static Machine of(DeviceFamily family, List<Integer> sides, int slices, int perChip) {
    double product =
        sides.stream().mapToDouble(Integer::doubleValue).reduce(slices, (a, b) -> a * b);
    if (product > MOST_CHIPS) {
      throw wrongArgument("--topology: must have at most %d chips, got %.0f", MOST_CHIPS, product);
    }
    long chips = sides.stream().mapToLong(Integer::longValue).reduce(slices, Math::multiplyExact);
    return new Machine(family, List.copyOf(sides), slices, chips * perChip, perChip);
  }

  /** The most cubic slice of a number of devices. */
  public static Machine cubic(DeviceFamily family, long devices, int slices, int perChip) {
    long chips = Math.max(1, devices / slices / perChip);
    List<Integer> sides = new ArrayList<>();
    long rest = chips;
    for (int axes = Math.max(1, family.axes()); axes > 1; axes--) {
      long side = (long) Math.floor(Math.pow(rest, 1.0 / axes) + 1e-9);
      while (rest % side != 0) {
        side--;
      }
      sides.add((int) side);
      rest /= side;
    }
    sides.add((int) rest);
    return new Machine(family, List.copyOf(sides), slices, devices, perChip);
  }

  /** The same machine with another attained share of the bandwidths than {@link #ATTAINED}. */
  Machine attaining(double share) {
    double factor = share / ATTAINED;
    return factor == 1
        ? this
        : new Machine(family.withBandwidths(factor), sides, slices, devices, perChip);
  }

  public double peak(Precision precision) {
    return family.peak(precision) / perChip;
  }

  double bandwidth() {
    return ATTAINED * family.bandwidth() / perChip;
  }

  double network() {
    return ATTAINED * family.network() / perChip;
  }

  /**
   * The network of a part of the devices, which prices collectives link by link.
   *
   * @param parts the number of parts of equal size, such as the stages of a pipeline
   * @throws SimulatedLayoutException if a part has no whole number of chips
   */
  Topology topology(int parts) {
    long chips = devices / perChip / parts;
    if (chips * perChip * parts != devices) {
      throw new SimulatedLayoutException(
          format(
              "layout: stages must have whole chips, got %d devices in %d parts", devices, parts));
    }
    Link link = Link.of(ATTAINED * family.link() / 1e9, 1);
    Link between = Link.of(ATTAINED * family.network() / 1e9, family.gpu() ? 5 : 10);
    if (family.gpu()) {
      int node = node(chips);
      TopologyAxis inside = new TopologyAxis(node, Interconnect.SWITCH);
      Topology one = new Topology(family.name(), List.of(inside), perChip, link, Optional.empty());
      int nodes = Math.toIntExact(chips / node);
      return nodes == 1 ? one : one.withHosts(new HostLevel(nodes, node, between));
    }
    List<Integer> lengths =
        parts == 1 ? sides : cubic(family, devices / parts, slices, perChip).sides;
    List<TopologyAxis> axes =
        lengths.stream()
            .map(
                side ->
                    new TopologyAxis(
                        side, side >= family.wholeAxis() ? Interconnect.RING : Interconnect.LINE))
            .toList();
    Topology slice = new Topology(family.name(), axes, perChip, link, Optional.empty());
    int each = lengths.stream().reduce(1, Math::multiplyExact);
    return slices == 1 ? slice : slice.withHosts(new HostLevel(slices, each, between));
  }

  /** The largest number of chips behind one switch that divides the number of all chips. */
  private int node(long chips) {
    int node = (int) Math.min(chips, family.domain());
    while (chips % node != 0) {
      node--;
    }
    return node;
  }

  /** Devices within a slice. */
  public long sliceDevices() {
    return devices / slices;
  }

  /**
   * Bytes a second into a device that gathers or scatters over an axis of a layout.
   *
   * @param members the number of members of the axis
   */
  double gather(long members) {
    if (family.gpu()) {
      double inside = ATTAINED * family.link();
      return members <= family.domain()
          ? inside
          : Math.min(inside, network() * Math.min(members, family.domain()));
    }
    double lines = 0;
    long left = Math.max(1, (members + perChip - 1) / perChip);
    for (int side : sides.reversed()) {
      if (left > 1 && side > 1) {
        lines += side >= family.wholeAxis() && left >= side ? 2 : 1;
        left = (left + side - 1) / side;
      }
    }
    return ATTAINED * family.link() * Math.max(1, lines) / perChip;
  }

  /**
   * Seconds of an all-to-all by the link in the middle, axis after axis.
   *
   * @param members the number of members of the layout's axis
   * @param bytes the bytes of each device
   */
  double allToAll(long members, double bytes) {
    double share = bytes * (members - 1) / members;
    if (family.gpu()) {
      return members <= family.domain() ? share / (ATTAINED * family.link()) : share / network();
    }
    double seconds = 0;
    long left = Math.max(1, (members + perChip - 1) / perChip);
    for (int side : sides.reversed()) {
      if (left > 1 && side > 1) {
        double ring = Math.min(left, side);
        boolean whole = side >= family.wholeAxis() && left >= side;
        double load = bytes * perChip * ring / (whole ? 8 : 4);
        seconds += load / (ATTAINED * family.link());
        left = (left + side - 1) / side;
      }
    }
    return seconds;
  }
}
