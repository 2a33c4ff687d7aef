package io.github.shardsum.topology;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Topologies of known machines. Bandwidths are the published ones, which no program reaches. {@link
 * LinkFit} finds the effective bandwidth, and {@link Topology#withLink} sets it.
 *
 * <p>TPU latencies are 1 microsecond a hop (Scaling Book, sharding). Slices are as close to a
 * square or a cube as their number of chips allows, with the shorter sides first.
 */
public final class Topologies {
  private static final double TPU_HOP = 1;

  /** A ring closes only where a slice spans the whole pod. */
  private static final int V3_SIDE = 32;

  private static final int V5E_SIDE = 16;

  /**
   * Slices of a v4 or v5p consist of cubes with this side, whose faces are joined by optical links.
   */
  private static final int CUBE = 4;

  /** A machine with a name. */
  private record Known(String name, String about, IntFunction<Topology> of) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known(
              "tpu-v3", "2-D, 2 devices (cores) a chip, up to 2048 devices", Topologies::tpuV3),
          new Known("tpu-v4", "3-D, up to 4096 chips", Topologies::tpuV4),
          new Known("tpu-v5e", "2-D, up to 256 chips", Topologies::tpuV5e),
          new Known("tpu-v5p", "3-D, up to 8960 chips", Topologies::tpuV5p),
          new Known("tpu-v6e", "2-D, up to 256 chips", Topologies::tpuV6e),
          new Known("nvlink", "H100 nodes of 8, 400 Gb/s a GPU between nodes", Topologies::nvlink));

  private Topologies() {}

  /**
   * A TPU v3 slice: two cores a chip, each a device; 656 Gbit/s a link and direction. This
   * bandwidth is the constant of the GShard paper's rooflines (other published values: 70 and 100
   * GB/s). An axis is a ring only if it spans the pod's 32 chips.
   *
   * @param devices number of cores, twice a product of two sides of at most 32
   * @return the topology
   * @throws IllegalArgumentException if there is no such slice
   */
  public static Topology tpuV3(int devices) {
    int[] sides = devices % 2 == 0 ? sides(devices / 2, 2, V3_SIDE) : new int[0];
    return slice("tpu-v3", devices, sides, V3_SIDE, Link.of(82, TPU_HOP)).withDevicesPerChip(2);
  }

  /**
   * A TPU v4 slice: 50 GB/s a link and direction (Jouppi et al., ISCA 2023, table 4). All axes are
   * rings if all sizes are multiples of 4; otherwise none is.
   *
   * @param chips number of chips, a product of three sides of at most 16
   * @return the topology
   * @throws IllegalArgumentException if there is no such slice
   */
  public static Topology tpuV4(int chips) {
    return cubes("tpu-v4", chips, sides(chips, 3, 16), Link.of(50, TPU_HOP));
  }

  /**
   * A TPU v5p slice: 100 GB/s a link and direction (1200 GB/s a chip, both directions of 6 links;
   * Cloud TPU documentation), rings as on v4.
   *
   * @param chips number of chips, a product of three sides of at most 28
   * @return the topology
   * @throws IllegalArgumentException if there is no such slice
   */
  public static Topology tpuV5p(int chips) {
    return cubes("tpu-v5p", chips, sides(chips, 3, 28), Link.of(100, TPU_HOP));
  }

  /**
   * A TPU v5e slice: 45 GB/s a link and direction (Scaling Book); an axis is a ring only if it
   * spans the pod's 16 chips.
   *
   * @param chips number of chips, a product of two sides of at most 16
   * @return the topology
   * @throws IllegalArgumentException if there is no such slice
   */
  public static Topology tpuV5e(int chips) {
    return slice("tpu-v5e", chips, sides(chips, 2, V5E_SIDE), V5E_SIDE, Link.of(45, TPU_HOP));
  }

  /**
   * A TPU v6e slice: 100 GB/s a link and direction (800 GB/s a chip, both directions of 4 links;
   * Cloud TPU documentation), rings as on v5e.
   *
   * @param chips number of chips, a product of two sides of at most 16
   * @return the topology
   * @throws IllegalArgumentException if there is no such slice
   */
  public static Topology tpuV6e(int chips) {
    return slice("tpu-v6e", chips, sides(chips, 2, V5E_SIDE), V5E_SIDE, Link.of(100, TPU_HOP));
  }

  /**
   * Nodes of up to 8 H100 GPUs on NVSwitch: 450 GB/s a GPU and direction, as 18 links of 25 GB/s; 1
   * microsecond through the switch. More than 8 GPUs are several nodes of 8, each with 8 links of
   * 50 GB/s (400 Gbit/s), and 5 microseconds between nodes. Bandwidths: NVIDIA's data sheets; the
   * two latencies are round numbers, to be fitted.
   *
   * @param gpus the number of GPUs: at most 8, or a multiple of 8
   * @return the topology
   * @throws IllegalArgumentException if the number is neither
   */
  public static Topology nvlink(int gpus) {
    int node = Math.min(gpus, 8);
    if (gpus < 1 || gpus % node != 0) {
      throw noSuch("nvlink", gpus, "at most 8 GPUs or a multiple of 8");
    }
    TopologyAxis axis = new TopologyAxis(node, Interconnect.SWITCH, 18);
    Topology one = new Topology("nvlink", List.of(axis), 1, Link.of(25, 1), Optional.empty());
    return gpus == node ? one : one.withHosts(new HostLevel(gpus / node, 8, Link.of(50, 5)));
  }

  /**
   * A machine by name.
   *
   * @param name one of {@link #names}
   * @param devices number of devices
   * @return the topology
   * @throws IllegalArgumentException if there is no such machine, or none with that many devices
   */
  public static Topology of(String name, int devices) {
    return KNOWN.stream()
        .filter(known -> known.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "topology: expected one of " + names() + ", got \"" + name + "\""))
        .of()
        .apply(devices);
  }

  /**
   * The names that {@link #of} knows.
   *
   * @return an immutable list
   */
  public static List<String> names() {
    return KNOWN.stream().map(Known::name).toList();
  }

  /**
   * A line of text for each name.
   *
   * @return the text
   */
  public static String describe() {
    return KNOWN.stream()
        .map(known -> String.format(Locale.ROOT, "%-8s %s", known.name(), known.about()))
        .collect(Collectors.joining("\n"));
  }

  private static Topology slice(String name, int devices, int[] sides, int whole, Link link) {
    if (sides.length == 0) {
      throw noSuch(name, devices, "two sides of at most " + whole);
    }
    List<TopologyAxis> axes =
        Arrays.stream(sides)
            .mapToObj(
                side ->
                    new TopologyAxis(side, side == whole ? Interconnect.RING : Interconnect.LINE))
            .toList();
    return new Topology(name, axes, 1, link, Optional.empty());
  }

  private static Topology cubes(String name, int chips, int[] sides, Link link) {
    if (sides.length == 0) {
      throw noSuch(name, chips, "three sides that fit into the pod");
    }
    boolean whole = Arrays.stream(sides).allMatch(side -> side % CUBE == 0);
    return Topology.of(name, whole ? Interconnect.RING : Interconnect.LINE, link, sides);
  }

  private static IllegalArgumentException noSuch(String name, int devices, String sizes) {
    return new IllegalArgumentException(
        "topology "
            + name
            + ": expected a slice of "
            + sizes
            + ", got "
            + devices
            + " devices; another shape is made with new Topology(...)");
  }

  /**
   * Sides of the most regular shape, ascending: the shortest is as long as possible. Empty if no
   * shape fits.
   */
  private static int[] sides(int chips, int rank, int longest) {
    if (rank == 1) {
      return chips >= 1 && chips <= longest ? new int[] {chips} : new int[0];
    }
    for (int side = (int) Math.round(Math.pow(Math.max(chips, 0), 1.0 / rank)); side >= 1; side--) {
      if (chips % side == 0) {
        int[] rest = sides(chips / side, rank - 1, longest);
        if (rest.length > 0) {
          return concat(side, rest);
        }
      }
    }
    return new int[0];
  }

  private static int[] concat(int first, int[] rest) {
    int[] all = new int[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    Arrays.sort(all);
    return all;
  }
}
