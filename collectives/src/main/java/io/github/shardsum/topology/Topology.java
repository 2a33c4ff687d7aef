package io.github.shardsum.topology;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Chips joined by links along one to three axes, with an optional level of hosts above; an
 * immutable value.
 *
 * <p><b>Order of devices.</b> Devices are numbered chip by chip. Chips are in row-major order of
 * their coordinates: the last axis varies fastest, and the host's number is the most major
 * coordinate. Devices of one chip share its memory, so exchanges between them are free.
 *
 * <p><b>Routes.</b> A message goes along the first axis to its target's coordinate, then along the
 * second, and so on. On a ring it takes the shorter way; where both ways are equally long, each
 * carries half of it.
 *
 * @param name the name in messages and tables
 * @param axes one to three
 * @param devicesPerChip devices (cores) of one chip, at least 1
 * @param link a link of any axis, in one direction
 * @param hostLevel the level of hosts, if there is one; each host has all the axes
 * @param overlap the part of a transfer's time during which a device can compute, in [0, 1]: 1 if
 *     links move data without the device
 * @param computing the computing rate of a measured machine's devices; without it, 200
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
  /** The largest number of devices, which is that of a mesh. */
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
   * @param name the name in messages and tables
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
   * A topology without a computing rate.
   *
   * @param name the name in messages and tables
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
   * The same topology with another share of a transfer's time in which a device can compute.
   *
   * @param part the share, in [0, 1]
   * @return the topology
   * @throws IllegalArgumentException if part is outside
   */
  public Topology withOverlap(double part) {
    return new Topology(name, axes, devicesPerChip, link, hostLevel, part, computing);
  }

  /**
   * The same topology with a computing rate.
   *
   * @param known the devices' rate in products of f32, and whether they share memory
   * @return the topology
   */
  public Topology withComputing(Computing known) {
    return new Topology(name, axes, devicesPerChip, link, hostLevel, overlap, Optional.of(known));
  }

  /**
   * A topology of axes with one interconnect, one device on each chip, and no hosts.
   *
   * @param name the name in messages
   * @param interconnect the interconnect of every axis
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
   * The same topology with other links.
   *
   * @param other the link of every axis
   * @return the topology
   */
  public Topology withLink(Link other) {
    return new Topology(name, axes, devicesPerChip, other, hostLevel, overlap, computing);
  }

  /**
   * The same topology with one interconnect for all axes.
   *
   * @param interconnect the interconnect of every axis
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
   * The same topology with another number of devices on each chip.
   *
   * @param devices number of devices on each chip, at least 1
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
   * @throws IllegalArgumentException if this topology has hosts already
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
