package io.github.shardsum.topology;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
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
   * Bytes of all devices and numbers of runs. The sizes show latency alone, transfers inside the
   * caches, and transfers beyond them.
   */
  private record Size(long bytes, int rounds) {}

  private static final List<Size> SIZES =
      List.of(
          new Size(1 << 12, 400),
          new Size(1 << 18, 200),
          new Size(1 << 22, 50),
          new Size(1 << 26, 10));

  /**
   * The least total time of each size's runs in one process: the JVM compiles the code of a small
   * collective only after thousands of runs.
   */
  private static final long LEAST_NANOS = 100_000_000;

  /**
   * Rows of the product whose rate is measured. It takes a millisecond, far longer than the start
   * of a superstep.
   */
  private static final int ROWS = 256;

  private static final int SIDE = 512;

  /**
   * After this many runs without a better time, a product counts as compiled, and its best time is
   * taken.
   */
  private static final int STEADY = 50;

  private static final int LEAST_PRODUCTS = 3;
  private static final long MOST_NANOS = 2_000_000_000;

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
   * this, and gets its own measurement. It takes about a second, and 128 MB outside the heap in all
   * processes together. The best time of each size counts, so another program's load has little
   * effect.
   *
   * @param collectives the collectives of at least two devices
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
   * The topology of devices on this machine. Price its reductions as {@link
   * ReductionSchedule#EXCHANGE}.
   *
   * @param fit the result of {@link #measure}
   * @param devices number of devices
   * @return a bus between them; devices cannot compute during its transfers
   */
  public static Topology topology(LinkFit fit, int devices) {
    // Between processes of one machine, the cores that would compute copy the bytes.
    return bus(fit.link(), devices).withOverlap(0);
  }

  /**
   * Measures this machine as {@link #measure} does, and the rate of its devices' products. Every
   * process calls this, and all get the same result: the means of their measurements. It takes up
   * to two seconds more than {@link #measure}.
   *
   * @param collectives the collectives of at least two devices
   * @return a bus between them, during whose transfers devices cannot compute, with the devices'
   *     computing rate
   * @throws IllegalArgumentException if there is only one device
   */
  public static Topology machine(Collectives collectives) {
    Link fitted = measure(collectives).link();
    double[] mean =
        mean(
            collectives,
            fitted.bytesPerSecond(),
            fitted.secondsPerHop(),
            new MachineProbe(collectives).flops());
    return bus(new Link(mean[0], mean[1]), collectives.mesh().size())
        .withOverlap(0)
        .withComputing(new Computing(mean[2], collectives.processes() == 1));
  }

  /** The mean over all processes of each value. */
  static double[] mean(Collectives collectives, double... values) {
    Tensor mine = Tensor.of(values, values.length);
    List<Tensor> each = collectives.devices().stream().map(_ -> mine).toList();
    Collective mean = new AllReduce(collectives.mesh().axisNames(), Reduction.MEAN, Order.TREE);
    return collectives.run(mean, each).getFirst().toDoubleArray();
  }

  /** Operations a second of a device while all devices of this process compute. */
  private double flops() {
    Tensor left = Tensor.full(DType.F32, 1, ROWS, SIDE);
    Tensor right = Tensor.full(DType.F32, 1, SIDE, SIDE);
    List<Tensor> sums =
        collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, ROWS, SIDE)).toList();
    Einsum product =
        Einsum.compile(
            "rk,kn->rn",
            EinsumOptions.defaults().withWorkers(Workers.sequential()),
            OperandSpec.like(left, right));
    CollectivePlan products =
        collectives
            .plan("products")
            .compute("product", (i, _) -> product.runInto(sums.get(i), left, right))
            .build();
    long best = Long.MAX_VALUE;
    long first = System.nanoTime();
    int steady = 0;
    for (int run = 0;
        run < LEAST_PRODUCTS || (steady < STEADY && System.nanoTime() - first < MOST_NANOS);
        run++) {
      long begin = System.nanoTime();
      products.run();
      long nanos = Math.max(1, System.nanoTime() - begin);
      steady = nanos < best ? 0 : steady + 1;
      best = Math.min(best, nanos);
    }
    return 2.0 * ROWS * SIDE * SIDE / (best / 1e9);
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
    // Several processes make the same number of runs, since each run needs all of them.
    boolean isAlone = collectives.processes() == 1;
    long first = System.nanoTime();
    long best = Long.MAX_VALUE;
    for (int round = 0;
        round < rounds || (isAlone && System.nanoTime() - first < LEAST_NANOS);
        round++) {
      long begin = System.nanoTime();
      collectives.runInto(collective, x, out);
      best = Math.min(best, Math.max(1, System.nanoTime() - begin));
    }
    return new Observation(costs.price(collective, elements * Float.BYTES), best / 1e9);
  }
}
