package io.github.shardsum.topology;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;

/**
 * This machine as a topology: a bus between its devices, fitted to the measured times of
 * collectives on the configured engine.
 */
public final class MachineProbe {
  /**
   * Bytes of all devices and numbers of runs: for latency alone, inside the caches, and beyond
   * them.
   */
  private record Size(long bytes, int rounds) {}

  private static final List<Size> SIZES =
      List.of(
          new Size(1 << 12, 400),
          new Size(1 << 18, 200),
          new Size(1 << 22, 50),
          new Size(1 << 26, 10));

  private final Collectives collectives;
  private final CollectiveCostModel costs;

  private MachineProbe(Collectives collectives) {
    this.collectives = collectives;
    Mesh mesh = collectives.mesh();
    this.costs =
        CollectiveCostModel.of(bus(Link.of(1, 0), mesh.size()), mesh)
            .with(ReductionSchedule.EXCHANGE);
  }

  /**
   * Measures all-to-alls and all-reduces of f32 over all axes and fits them. Every process calls
   * it, and gets what it measured itself. Takes a second or so and 128 MB outside the heap, shared
   * out over the processes. The best time of each size counts, so that another program's load
   * disturbs it little.
   *
   * @param collectives at least two devices
   * @return the effective bandwidth of the machine as a whole, the time of one phase as the
   *     latency, and the residual of every collective
   * @throws IllegalArgumentException if there is only one device, which exchanges nothing
   */
  public static LinkFit measure(Collectives collectives) {
    if (collectives.mesh().size() < 2) {
      throw new IllegalArgumentException(
          "machine probe: expected at least two devices, got " + collectives.mesh().size());
    }
    return new MachineProbe(collectives).fit();
  }

  /**
   * Devices on this machine. Reductions are to be priced as {@link ReductionSchedule#EXCHANGE}.
   *
   * @param fit the result of {@link #measure}
   * @param devices how many
   * @return a bus of them, whose transfers cost the devices' computing all of their time
   */
  public static Topology topology(LinkFit fit, int devices) {
    // Between processes of one machine a transfer is a copy by the cores that would compute.
    return bus(fit.link(), devices).withOverlap(0);
  }

  private static Topology bus(Link link, int devices) {
    return Topology.of("this machine", Interconnect.BUS, link, devices);
  }

  private LinkFit fit() {
    List<String> axes = collectives.mesh().axisNames();
    Collective toAll = new AllToAll(axes, 0, 0, OptionalLong.empty());
    Collective reduce = new AllReduce(axes, Reduction.SUM, Order.TREE);
    List<Observation> observations = new ArrayList<>();
    for (Size size : SIZES) {
      int devices = collectives.mesh().size();
      long each = Math.ceilDiv(size.bytes(), (long) devices * devices * Float.BYTES) * devices;
      try (Arena arena = Arena.ofShared()) {
        List<Tensor> x = tensors(arena, collectives.devices().size(), each);
        List<Tensor> out = tensors(arena, x.size(), each);
        List<Tensor> shared = Collections.nCopies(x.size(), out.getFirst());
        observations.add(observed(toAll, x, out, each, size.rounds()));
        observations.add(observed(reduce, x, shared, each, size.rounds()));
      }
    }
    return LinkFit.of(observations);
  }

  private static List<Tensor> tensors(Arena arena, int count, long elements) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tensors.add(Tensor.allocate(arena, DType.F32, Shape.of(elements)));
    }
    return tensors;
  }

  private Observation observed(
      Collective collective, List<Tensor> x, List<Tensor> out, long elements, int rounds) {
    long best = Long.MAX_VALUE;
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      collectives.runInto(collective, x, out);
      best = Math.min(best, Math.max(1, System.nanoTime() - begin));
    }
    return new Observation(costs.price(collective, elements * Float.BYTES), best / 1e9);
  }
}
