package io.github.shardsum.lab.topology;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.Observation;
import io.github.shardsum.topology.Topologies;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Figure 9 of the GShard paper (arXiv 2006.16668): microseconds of all-to-all and all-reduce on TPU
 * v3, read off the vector graphics to about 1 %.
 */
final class Figure9 {
  static final List<Integer> PARTITIONS = List.of(16, 32, 64, 128, 256, 512, 1024, 2048);

  /** One curve of the figure, a value for each of the partitions. */
  record Curve(String name, Collective collective, long bytes, List<Integer> microseconds) {
    boolean isAllToAll() {
      return collective instanceof AllToAll;
    }
  }

  private static final Collective ALL_TO_ALL = new AllToAll(0, 0, "d");
  private static final Collective ALL_REDUCE =
      new AllReduce(List.of("d"), Reduction.SUM, Order.ANY);
  private static final long MIB = 1 << 20;

  static final List<Curve> CURVES =
      List.of(
          new Curve(
              "all-to-all, 8 MB",
              ALL_TO_ALL,
              8 * MIB,
              List.of(286, 296, 548, 732, 1226, 1294, 2411, 2359)),
          new Curve(
              "all-to-all, 32 MB",
              ALL_TO_ALL,
              32 * MIB,
              List.of(1105, 1148, 2185, 2583, 4968, 5078, 10298, 10581)),
          new Curve(
              "all-reduce, 8 MB",
              ALL_REDUCE,
              8 * MIB,
              List.of(285, 170, 235, 175, 275, 185, 210, 212)),
          new Curve(
              "all-reduce, 32 MB",
              ALL_REDUCE,
              32 * MIB,
              List.of(1132, 617, 921, 554, 952, 590, 530, 609)));

  /** Possible interconnects of the slices; the paper does not say which. */
  enum Slices {
    RINGS,
    LINES,
    POD;

    Topology topology(int partitions) {
      Topology preset = Topologies.tpuV3(partitions);
      return switch (this) {
        case RINGS -> preset.withInterconnect(Interconnect.RING);
        case LINES -> preset.withInterconnect(Interconnect.LINE);
        case POD -> preset;
      };
    }

    @Override
    public String toString() {
      return switch (this) {
        case RINGS -> "rings everywhere";
        case LINES -> "no rings";
        case POD -> "rings of 32 only";
      };
    }
  }

  private Figure9() {}

  /** The points of some curves, curve after curve. */
  static List<Observation> observations(Slices slices, Predicate<Curve> which) {
    List<Observation> observations = new ArrayList<>();
    for (Curve curve : CURVES.stream().filter(which).toList()) {
      for (int i = 0; i < PARTITIONS.size(); i++) {
        int partitions = PARTITIONS.get(i);
        CollectiveCostModel costs =
            CollectiveCostModel.of(slices.topology(partitions), Mesh.of("d", partitions));
        observations.add(
            new Observation(
                costs.price(curve.collective(), curve.bytes()), curve.microseconds().get(i) / 1e6));
      }
    }
    return observations;
  }

  /** One bandwidth and one latency for all points of some curves. */
  static Link fitted(Slices slices, Predicate<Curve> which) {
    return LinkFit.of(observations(slices, which)).link();
  }

  /** A link's errors at every point of one curve. */
  static LinkFit residuals(Slices slices, Link link, Curve curve) {
    return LinkFit.on(link, observations(slices, curve::equals));
  }

  /** The largest error of a link over some curves. */
  static double worst(Slices slices, Link link, Predicate<Curve> which) {
    return LinkFit.on(link, observations(slices, which)).worst();
  }

  /** Whether the time rises by half or more from one number of partitions to the next. */
  static List<Boolean> steps(List<Double> times) {
    return IntStream.range(1, times.size())
        .mapToObj(i -> times.get(i) >= 1.5 * times.get(i - 1))
        .toList();
  }
}
