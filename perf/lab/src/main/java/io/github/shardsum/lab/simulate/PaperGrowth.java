package io.github.shardsum.lab.simulate;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Topologies;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Orders of growth of the GShard paper's table 4: an equation whose sizes grow with the devices,
 * planned for 16 to 2048 of them, and the slopes of a device's work and communication.
 *
 * @param name the name in words
 * @param equation the equation with its layouts
 * @param shapes the shapes of the operands, for a number of devices
 * @param work the paper's exponent of a device's work
 * @param communication the paper's exponent of a device's communication; negative for none
 */
record PaperGrowth(
    String name,
    String equation,
    IntFunction<List<Shape>> shapes,
    double work,
    double communication) {
  static final List<Integer> DEVICES = List.of(16, 32, 64, 128, 256, 512, 1024, 2048);

  private static final long FIXED = 256;
  private static final long GROUP = 2048;

  /**
   * The fitted exponents.
   *
   * @param work the exponent of a device's work
   * @param communication the exponent of the largest link load; NaN if no link has a load
   */
  record Slopes(double work, double communication) {}

  /** The rows of the table, and the einsum of the gates, whose work grows. */
  static List<PaperGrowth> all() {
    List<PaperGrowth> all = new ArrayList<>();
    all.add(einsum("Add(A,A->A), A grows", "A@x, A@x -> A@x", 0, -1, "A", "A"));
    all.add(einsum("Matmul(AB,BC->AC), B grows", "A B@x, B@x C -> A C", 0, 0, "aB", "Bc"));
    all.add(einsum("Matmul(AB,BC->AC), A grows", "A@x B, B C -> A@x C", 0, -1, "Ab", "bc"));
    all.add(einsum("Matmul(AB,BC->AC), A and B grow", "A@x B, B@x C -> A@x C", 1, 1, "AB", "Bc"));
    all.add(einsum("Matmul(AB,BC->AC), A and C grow", "A@x B, B C@x -> A@x C", 1, 1, "Ab", "bC"));
    all.add(einsum("Reduce(AB->A), A grows", "A@x B -> A@x", 0, -1, "Ab"));
    all.add(einsum("Reduce(AB->B), A grows", "A@x B -> B", 0, 0, "Ab"));
    all.add(
        new PaperGrowth(
            "Einsum(GSEC,GSM->EGCM), G and E grow",
            "G@x S E C, G@x S M -> E@x G C M",
            devices ->
                List.of(
                    Shape.of(devices, GROUP, devices, 2 * GROUP / devices),
                    Shape.of(devices, GROUP, FIXED)),
            0,
            0.5));
    all.add(
        new PaperGrowth(
            "gates, Einsum(GSM,ME->GSE), G and E grow",
            "G@x S M, M E -> G@x S E",
            devices -> List.of(Shape.of(devices, GROUP, FIXED), Shape.of(FIXED, devices)),
            1,
            -1));
    return List.copyOf(all);
  }

  /** Labels that are capital letters grow: 256 for each device. */
  private static PaperGrowth einsum(
      String name, String equation, double work, double communication, String... operands) {
    return new PaperGrowth(
        name,
        equation,
        devices ->
            List.of(operands).stream()
                .map(
                    labels ->
                        Shape.of(
                            labels
                                .chars()
                                .mapToLong(
                                    label -> Character.isUpperCase(label) ? FIXED * devices : FIXED)
                                .toArray()))
                .toList(),
        work,
        communication);
  }

  /** Slopes of logarithms over the numbers of devices, by least squares. */
  Slopes fitted() {
    List<Double> devices = new ArrayList<>();
    List<Double> work = new ArrayList<>();
    List<Double> moved = new ArrayList<>();
    for (int count : DEVICES) {
      Topology torus = Topologies.tpuV3(count).withInterconnect(Interconnect.RING);
      Mesh mesh = Mesh.of("x", count);
      SpmdPlan plan =
          ShardedEinsumPlan.of(
                  Equation.parse(equation),
                  mesh,
                  shapes.apply(count),
                  Map.of(),
                  DType.F32,
                  PlanOptions.defaults().withTopology(torus).withReplication())
              .plan();
      devices.add(Math.log(count));
      work.add(Math.log(work(plan)));
      moved.add(Math.log(loads(plan, CollectiveCostModel.of(torus, mesh))));
    }
    boolean none = moved.stream().anyMatch(each -> each.isInfinite());
    return new Slopes(slope(devices, work), none ? Double.NaN : slope(devices, moved));
  }

  /** FLOPs of the largest device, or the elements that it reads if nothing is multiplied. */
  private static double work(SpmdPlan plan) {
    double read = plan.inputs().stream().mapToDouble(each -> each.localElements()).sum();
    return Math.max(plan.flops(), read);
  }

  /**
   * Bytes of the busiest link, summed over the collectives. They stand for a time without latency.
   */
  private static double loads(SpmdPlan plan, CollectiveCostModel costs) {
    double sum = 0;
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      if (step.action().isCollective()) {
        long bytes = plan.value(step.operands().getFirst()).localElements() * Float.BYTES;
        sum += costs.price(plan.collective(i), bytes).largestLinkLoad();
      }
    }
    return sum;
  }

  static double slope(List<Double> x, List<Double> y) {
    double middle = PredictionStatistics.mean(x);
    double centre = PredictionStatistics.mean(y);
    double both = 0;
    double square = 0;
    for (int i = 0; i < x.size(); i++) {
      both += (x.get(i) - middle) * (y.get(i) - centre);
      square += Math.pow(x.get(i) - middle, 2);
    }
    return both / square;
  }
}
