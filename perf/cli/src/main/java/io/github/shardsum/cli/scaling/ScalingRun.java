package io.github.shardsum.cli.scaling;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import io.github.shardsum.topology.ReductionSchedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs programs on meshes of one axis, shards in and out, on the engine that is configured. */
public final class ScalingRun {
  private static final String AXIS = "x";

  private final Workers workers;
  private final int runs;

  /**
   * Runs on some threads.
   *
   * @param runs the number of runs; the best one counts
   */
  public ScalingRun(Workers workers, int runs) {
    this.workers = workers;
    this.runs = runs;
  }

  /** A measured program. */
  private record Timed(double seconds, double flops, double collectives) {}

  /**
   * Points of all programs in process, one for each number of devices. One device is measured
   * first, since predictions begin with it.
   *
   * @param devices numbers of them
   * @param said receives each point
   */
  public List<ScalingPoint> inProcess(
      List<String> programs, List<Integer> devices, Consumer<ScalingPoint> said) {
    List<ScalingPoint> points = new ArrayList<>();
    Map<Integer, LinkFit> fits = new HashMap<>();
    for (String program : programs) {
      Timed one = timed(program, 1, Optional.empty());
      for (int count : devices) {
        Timed many =
            count == 1
                ? one
                : timed(program, count, Optional.of(fits.computeIfAbsent(count, this::fitted)));
        points.add(point(program, "in process", count, one, many));
        said.accept(points.getLast());
      }
    }
    return points;
  }

  /**
   * The point of one program with one device for each process; every process calls it and gets the
   * result.
   *
   * @param one seconds and FLOPs on one device in process
   */
  ScalingPoint overMpi(String program, int devices, double one, double flops) {
    Timed many =
        timed(program, devices, devices == 1 ? Optional.empty() : Optional.of(fitted(devices)));
    return point(program, "MPI", devices, new Timed(one, flops, 0), many);
  }

  /** FLOPs of one device's run. */
  static double flopsOfOne(String program) {
    Mesh mesh = Mesh.of(AXIS, 1);
    try (Collectives collectives = Collectives.open(mesh);
        MeshExecutable executable =
            backend(collectives).compile(ScalingPrograms.of(program, mesh))) {
      return executable.plan().plan().flops();
    }
  }

  private static ScalingPoint point(
      String program, String engine, int devices, Timed one, Timed many) {
    double work = one.seconds() * devices * (many.flops() / one.flops());
    double predicted = work + many.collectives();
    return new ScalingPoint(
        program, engine, devices, many.seconds(), predicted, many.collectives());
  }

  private LinkFit fitted(int devices) {
    try (Collectives collectives = MeshOptions.open(Mesh.of(AXIS, devices), workers)) {
      return MachineProbe.measure(collectives);
    }
  }

  private static MeshBackend backend(Collectives collectives) {
    return MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
  }

  private Timed timed(String name, int devices, Optional<LinkFit> fit) {
    Mesh mesh = Mesh.of(AXIS, devices);
    Program program = ScalingPrograms.of(name, mesh);
    try (Collectives collectives = MeshOptions.open(mesh, workers);
        MeshExecutable executable = backend(collectives).compile(program)) {
      SpmdPlan plan = executable.plan().plan();
      List<Tensor> whole = ScalingPrograms.inputs(executable.program());
      List<ShardedTensor> shards = new ArrayList<>();
      for (int i = 0; i < whole.size(); i++) {
        PlannedValue input = plan.inputs().get(i);
        shards.add(ShardedTensor.of(whole.get(i), input.layout(), collectives.devices()));
      }
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i <= runs; i++) {
        long from = System.nanoTime();
        executable.runSharded(shards);
        best = Math.min(best, (System.nanoTime() - from) / 1e9);
      }
      return new Timed(best, plan.flops(), fit.map(link -> price(plan, mesh, link)).orElse(0.0));
    }
  }

  /** The plan's collectives on this machine's memory, directly or over MPI. */
  private static double price(SpmdPlan plan, Mesh mesh, LinkFit fit) {
    CollectiveCostModel costs =
        CollectiveCostModel.of(MachineProbe.topology(fit, mesh.size()), mesh)
            .with(ReductionSchedule.EXCHANGE);
    double seconds = 0;
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      if (step.action().isCollective()) {
        seconds += costs.price(plan.collective(i), Math.round(operandBytes(plan, i))).seconds();
      }
    }
    return seconds;
  }

  /**
   * Bytes of a device's operand of a collective; for rows, the bytes that it sends under even
   * loads.
   */
  private static double operandBytes(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    if (step.action() instanceof Action.Partitioned) {
      double members = plan.mesh().size(step.action().groupAxes());
      return plan.bytesReceived(at) * members / (members - 1);
    }
    double bytes = 0;
    for (int operand : step.operands()) {
      PlannedValue value = plan.value(operand);
      bytes += (double) value.localElements() * value.dtype().byteSize();
    }
    return bytes;
  }

  /** A line of a table. */
  static String line(ScalingPoint point) {
    return String.format(
        Locale.ROOT,
        "%-6s %-11s %7d %10.3f %12.3f %12.3f %+8.1f %%",
        point.program(),
        point.engine(),
        point.devices(),
        1e3 * point.seconds(),
        1e3 * point.predicted(),
        1e3 * point.collectives(),
        100 * point.error());
  }

  /** The head of the table. */
  static String head() {
    return String.format(
        Locale.ROOT,
        "%-6s %-11s %7s %10s %12s %12s %10s",
        "what",
        "engine",
        "devices",
        "ms",
        "predicted ms",
        "collectives",
        "error");
  }
}
