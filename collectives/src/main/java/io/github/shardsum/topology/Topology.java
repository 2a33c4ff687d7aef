package io.github.shardsum.topology;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Chips joined by links, one to three axes of them, and perhaps a level of hosts above; an
 * immutable value.
 *
 * <p><b>Order of devices.</b> Devices are numbered chip by chip; chips in row-major order of their
 * coordinates, the last axis varying fastest; the number of the host is the most major coordinate.
 * Devices of one chip share its memory, so exchanges between them are free.
 *
 * <p><b>Routes.</b> A message goes along the first axis to its coordinate there, then along the
 * second, and so on; on a ring the shorter way, and where both are equally long half of it each
 * way.
 *
 * @param name for messages and tables
 * @param axes one to three
 * @param devicesPerChip devices (cores) of one chip, at least 1
 * @param link a link of any axis, in one direction
 * @param hostLevel the level above, if there is one; each host has all the axes
 * @param overlap the part of a transfer's time during which a device can compute, in [0, 1]: 1 if
 *     links move data by themselves
 * @param computing how devices compute, of a measured machine, by its rate of f32; otherwise 200
 *     multiply-adds take as long as the transfer of an element over a link
 */
public record Topology(
    String name,
    List<TopologyAxis> axes,
    int devicesPerChip,
    Link link,
    Optional<HostLevel> hostLevel,
    double overlap,
    Optional<Computing> computing) {
  /** As many as a mesh may have. */
  private static final int MOST_DEVICES = 1 << 24;

  /**
   * Copies the axes.
   *
   * @throws IllegalArgumentException if there are no axes or more than three, a chip has no device,
   *     or there are more than 2^24 devices
   */
  public Topology {
    axes = List.copyOf(axes);
    if (axes.isEmpty() || axes.size() > 3) {
      throw new IllegalArgumentException(
          "topology " + name + ": expected one to three axes, got " + axes);
    }
    long devices = devicesPerChip;
    for (TopologyAxis axis : axes) {
      devices = Math.min(devices * axis.size(), Integer.MAX_VALUE);
    }
    devices *= hostLevel.map(HostLevel::hosts).orElse(1);
    if (devicesPerChip < 1 || devices > MOST_DEVICES) {
      throw new IllegalArgumentException(
          "topology "
              + name
              + ": devices must be at least 1 a chip and at most "
              + MOST_DEVICES
              + ", got "
              + devicesPerChip
              + " a chip on "
              + axes);
    }
    if (!(overlap >= 0 && overlap <= 1)) {
      throw new IllegalArgumentException(
          "topology " + name + ": overlap must be in [0, 1], got " + overlap);
    }
  }

  /**
   * A topology whose links move data without computing time.
   *
   * @param name for messages and tables
   * @param axes one to three
   * @param devicesPerChip devices (cores) of one chip, at least 1
   * @param link a link of any axis, in one direction
   * @param hostLevel the level above, if there is one
   */
  public Topology(
      String name,
      List<TopologyAxis> axes,
      int devicesPerChip,
      Link link,
      Optional<HostLevel> hostLevel) {
    this(name, axes, devicesPerChip, link, hostLevel, 1);
  }

  /**
   * A topology of whose devices' computing nothing is known.
   *
   * @param name for messages and tables
   * @param axes one to three
   * @param devicesPerChip devices (cores) of one chip, at least 1
   * @param link a link of any axis, in one direction
   * @param hostLevel the level above, if there is one
   * @param overlap the part of a transfer's time during which a device can compute, in [0, 1]
   */
  public Topology(
      String name,
      List<TopologyAxis> axes,
      int devicesPerChip,
      Link link,
      Optional<HostLevel> hostLevel,
      double overlap) {
    this(name, axes, devicesPerChip, link, hostLevel, overlap, Optional.empty());
  }

  /**
   * The same with another share of a transfer that costs no computing time.
   *
   * @param part in [0, 1]
   * @return the topology
   * @throws IllegalArgumentException if it is outside
   */
  public Topology withOverlap(double part) {
    return new Topology(name, axes, devicesPerChip, link, hostLevel, part, computing);
  }

  /**
   * The same with devices that compute in a known way.
   *
   * @param known their rate in products of f32, and whether they share memory
   * @return the topology
   */
  public Topology withComputing(Computing known) {
    return new Topology(name, axes, devicesPerChip, link, hostLevel, overlap, Optional.of(known));
  }

  /**
   * Axes of one interconnect, one device a chip, no hosts.
   *
   * @param name for messages
   * @param interconnect of every axis
   * @param link a link
   * @param sizes chips along each axis
   * @return the topology
   */
  public static Topology of(String name, Interconnect interconnect, Link link, int... sizes) {
    List<TopologyAxis> axes =
        IntStream.of(sizes).mapToObj(size -> new TopologyAxis(size, interconnect)).toList();
    return new Topology(name, axes, 1, link, Optional.empty());
  }

  /**
   * The same with other links.
   *
   * @param other the link of every axis
   * @return the topology
   */
  public Topology withLink(Link other) {
    return new Topology(name, axes, devicesPerChip, other, hostLevel, overlap, computing);
  }

  /**
   * The same with every axis joined in one way.
   *
   * @param interconnect of every axis
   * @return the topology
   */
  public Topology withInterconnect(Interconnect interconnect) {
    List<TopologyAxis> other =
        axes.stream()
            .map(axis -> new TopologyAxis(axis.size(), interconnect, axis.links()))
            .toList();
    return new Topology(name, other, devicesPerChip, link, hostLevel, overlap, computing);
  }

  /**
   * The same with another number of devices a chip.
   *
   * @param devices devices a chip, at least 1
   * @return the topology
   */
  public Topology withDevicesPerChip(int devices) {
    return new Topology(name, axes, devices, link, hostLevel, overlap, computing);
  }

  /**
   * Several copies of this topology, joined by a network.
   *
   * @param level the hosts, each with this topology inside
   * @return the topology
   * @throws IllegalArgumentException if this one has hosts already
   */
  public Topology withHosts(HostLevel level) {
    if (hostLevel.isPresent()) {
      throw new IllegalArgumentException(
          "topology " + name + ": expected one level of hosts, got a second: " + level);
    }
    return new Topology(name, axes, devicesPerChip, link, Optional.of(level), overlap, computing);
  }

  /**
   * Number of hosts.
   *
   * @return 1 without a level of hosts
   */
  public int hosts() {
    return hostLevel.map(HostLevel::hosts).orElse(1);
  }

  /**
   * Number of chips of one host.
   *
   * @return the product of the axes' sizes
   */
  public int chipsPerHost() {
    return axes.stream().mapToInt(TopologyAxis::size).reduce(1, (a, b) -> a * b);
  }

  /**
   * Number of devices.
   *
   * @return hosts times chips times devices of a chip
   */
  public int devices() {
    return hosts() * chipsPerHost() * devicesPerChip;
  }

  /** As in {@code tpu-v3: 512 devices, 2 a chip, ring of 16 x ring of 16, 82 GB/s, 1 us a hop}. */
  @Override
  public String toString() {
    String fabric = axes.stream().map(TopologyAxis::toString).collect(Collectors.joining(" x "));
    return String.format(
        Locale.ROOT,
        "%s: %d devices, %d a chip, %s, %s%s",
        name,
        devices(),
        devicesPerChip,
        fabric,
        link,
        hostLevel.map(level -> ", " + level).orElse(""));
  }
}
