package io.github.shardsum.lab.compare;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.MachineProbe;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Times einsums with and without windows, in turns, over random shapes of three kinds: a gathered
 * label of the result, a gathered label that is summed over, and a scattered result. For each shape
 * it prints two ratios: the time with windows over the time without, and the regret of the choice
 * by price on this machine's measured topology. The regret is the time of the chosen plan over the
 * time of the faster plan. Runs in one process or, by {@code ./shardsum launch}, in several.
 *
 * <p>Arguments: shapes, rounds, devices, and the seed of the shapes.
 */
public final class WindowComparison {
  private static final List<String> KINDS = List.of("gathered", "summed", "scattered");
  private static final int SMALLEST = 7;
  private static final int SIZES = 5;
  private static final double LEAST_FLOPS = 2e7;
  private static final double MOST_FLOPS = 6e8;
  private static final double NANOS = 1e9;

  private final Collectives collectives;
  private final Mesh mesh;
  private final Topology machine;
  private final int rounds;
  private final CollectivePlan together;

  private WindowComparison(Collectives collectives, int rounds) {
    this.collectives = collectives;
    this.mesh = collectives.mesh();
    this.rounds = rounds;
    this.machine = MachineProbe.machine(collectives);
    List<Tensor> any = collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, 1)).toList();
    this.together =
        collectives.plan("together").communicate(new Collective.Barrier("x"), any, any).build();
  }

  /**
   * Measures.
   *
   * @param arguments shapes, rounds, devices and seed
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) {
    int shapes = Integer.parseInt(arguments.get(0));
    int devices = Integer.parseInt(arguments.get(2));
    try (Collectives collectives = Collectives.open(Mesh.of("x", devices))) {
      new WindowComparison(collectives, Integer.parseInt(arguments.get(1)))
          .run(shapes, Long.parseLong(arguments.get(3)));
    }
    return true;
  }

  private void print(String format, Object... values) {
    if (collectives.process() == 0) {
      System.out.printf(Locale.ROOT, format, values);
    }
  }

  private void run(int shapes, long seed) {
    print(
        "%s, processes: %d, %s, %s%n",
        mesh.notation(),
        collectives.processes(),
        machine.link(),
        machine.computing().orElseThrow());
    Random random = new Random(seed);
    double[] regrets = new double[shapes];
    double[] inWindows = new double[shapes];
    for (int shape = 0; shape < shapes; shape++) {
      String kind = KINDS.get(shape % KINDS.size());
      Program program = draw(kind, random);
      PlanOptions options = PlanOptions.defaults().withReplication();
      ProgramPlan whole = plan(kind, program, options);
      ProgramPlan windows = plan(kind, program, options.withWindows(Windows.ALWAYS));
      ProgramPlan chosen =
          plan(kind, program, options.withWindows(Windows.BY_PRICE).withTopology(machine));
      boolean isWindowed =
          chosen.plan().steps().stream().anyMatch(step -> step.action() instanceof Action.Windows);
      double[] times = times(whole, windows);
      regrets[shape] = times[isWindowed ? 1 : 0] / Math.min(times[0], times[1]);
      inWindows[shape] = times[1] / times[0];
      print(
          "%-9s %-34s whole %8.3f ms, in windows %.3f of it, chosen %-7s regret %.3f%n",
          kind,
          program.inputs().getFirst().type() + " " + program.inputs().getLast().type().shape(),
          times[0] * 1e3,
          inWindows[shape],
          isWindowed ? "windows" : "whole",
          regrets[shape]);
    }
    Arrays.sort(inWindows);
    print(
        "%d shapes: in windows %.3f of whole (median), %.3f at most; regret %.3f (mean), %.3f at"
            + " most%n",
        shapes,
        inWindows[shapes / 2],
        inWindows[shapes - 1],
        Arrays.stream(regrets).average().orElseThrow(),
        Arrays.stream(regrets).max().orElseThrow());
  }

  private Program draw(String kind, Random random) {
    while (true) {
      long s = 1L << (SMALLEST + random.nextInt(SIZES));
      long m = 1L << (SMALLEST + random.nextInt(SIZES));
      long h = 1L << (SMALLEST + random.nextInt(SIZES));
      double flops = 2.0 * s * m * h / mesh.size();
      if (flops >= LEAST_FLOPS && flops <= MOST_FLOPS) {
        return Program.parse(
            String.join(
                "\n",
                "program " + kind + " {",
                "  input x: f32[s=" + s + " m=" + m + "]",
                "  input w: f32[m=" + m + " h=" + h + "]",
                "  y = einsum(x, w) {equation=\"s m, m h -> s h\"}",
                "  output y",
                "}"));
      }
    }
  }

  private ProgramPlan plan(String kind, Program program, PlanOptions options) {
    List<String> terms =
        switch (kind) {
          case "gathered" -> List.of("s@x m", "m h@x", "s h@x");
          case "summed" -> List.of("s m@x", "m h@x", "s h@x");
          default -> List.of("s m@x", "m@x h", "s@x h");
        };
    Map<String, Layout> layouts =
        Map.of(
            "x", Layout.parse(mesh, terms.get(0)),
            "w", Layout.parse(mesh, terms.get(1)),
            "y", Layout.parse(mesh, terms.get(2)));
    return ProgramPlan.withLayouts(program, mesh, layouts, options);
  }

  /** Median seconds of plans that take turns. */
  private double[] times(ProgramPlan... plans) {
    MeshBackend backend = MeshBackend.of(collectives);
    List<MeshExecutable> executables = new ArrayList<>();
    try {
      for (ProgramPlan plan : plans) {
        executables.add(backend.compile(plan, CompileOptions.defaults()));
      }
      double[][] seconds = new double[plans.length][rounds];
      List<ShardedTensor> inputs = new ArrayList<>();
      for (PlannedValue input : plans[0].plan().inputs()) {
        int count = Math.toIntExact(input.shape().elementCount());
        Tensor whole = Tensor.of(BenchmarkData.integers(count), input.shape().toArray());
        inputs.add(ShardedTensor.of(whole, input.layout(), collectives.devices()));
      }
      for (int round = -rounds / 2; round < rounds; round++) {
        for (int i = 0; i < plans.length; i++) {
          // Each plan goes first every other time.
          int which = Math.floorMod(i + round, plans.length);
          together.run();
          long begin = System.nanoTime();
          executables.get(which).runSharded(inputs);
          seconds[which][Math.max(0, round)] = (System.nanoTime() - begin) / NANOS;
        }
      }
      return Arrays.stream(seconds).mapToDouble(WindowComparison::median).toArray();
    } finally {
      executables.forEach(MeshExecutable::close);
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
