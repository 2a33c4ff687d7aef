package io.github.shardsum.lab.scaling;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.lab.scaling.ScalingSteadyRuns.Repeated;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.measure.ReachableBytes;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import io.github.shardsum.topology.ReductionSchedule;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Runs programs on meshes of one axis, shards in and out, on the engine that is configured. */
public final class ScalingRun {
  private static final String AXIS = "x";
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final int RUNS_HELD = 4;

  /** A time in which a sleeping thread wakes and takes part. */
  private static final long HELD_NANOS = 50_000_000;

  private static final int MOST_LOOKS = 20;

  private final ScalingSteadyRuns steady;
  private final boolean measuresMemory;

  /**
   * Runs with a thread for each device, up to one for each core.
   *
   * @param steady how runs are timed
   * @param measuresMemory whether each program also runs for the bytes that it holds
   */
  public ScalingRun(ScalingSteadyRuns steady, boolean measuresMemory) {
    this.steady = steady;
    this.measuresMemory = measuresMemory;
  }

  /**
   * A measured program.
   *
   * @param collectives seconds of the collectives by the plan
   */
  private record Timed(double seconds, double flops, double collectives, double predictedBytes) {
    static Timed of(Ready ready, double seconds, double collectives, int threads) {
      return new Timed(seconds, ready.plan().flops(), collectives, ready.bytes(threads));
    }
  }

  /**
   * The measured run that predictions begin with.
   *
   * @param seconds the seconds in which each thread runs one device by itself, on as many threads
   *     as the devices will share
   * @param flops the FLOPs of one device
   */
  record One(double seconds, double flops) {}

  /** A compiled program with the shards of its inputs. */
  private record Ready(
      Collectives collectives, MeshExecutable executable, List<ShardedTensor> shards)
      implements AutoCloseable {
    static Ready of(String name, Mesh mesh, Workers workers) {
      Collectives collectives = MeshOptions.open(mesh, workers);
      MeshExecutable executable = backend(collectives).compile(ScalingPrograms.of(name, mesh));
      return new Ready(collectives, executable, inputs(executable, collectives));
    }

    SpmdPlan plan() {
      return executable.plan().plan();
    }

    List<ShardedTensor> run() {
      return executable.runSharded(shards);
    }

    /** Bytes that a run holds in this process by the plan, with its inputs and outputs. */
    double bytes(int threads) {
      SpmdPlan plan = plan();
      double inputs = 0;
      for (PlannedValue input : plan.inputs()) {
        inputs += (double) input.shape().elementCount() * input.dtype().byteSize();
      }
      double outputs = 0;
      for (int output : plan.outputs().stream().distinct().toList()) {
        PlannedValue value = plan.value(output);
        boolean made = output >= plan.inputs().size();
        outputs +=
            made ? (double) value.localElements() * value.dtype().byteSize() * tiles(value) : 0;
      }
      return inputs + executable.keptBytes(threads) + executable.packedBytes(threads) + outputs;
    }

    /**
     * The number of different parts of a value on these devices; devices with equal parts share
     * them.
     */
    private long tiles(PlannedValue value) {
      Layout layout = value.layout();
      return layout.partial().isEmpty()
          ? collectives.devices().stream()
              .map(device -> layout.box(value.shape(), device))
              .distinct()
              .count()
          : collectives.devices().size();
    }

    @Override
    public void close() {
      executable.close();
      collectives.close();
    }
  }

  /** Runs one device on each of several threads at the same time. */
  private record Together(Workers workers, List<Ready> all) implements AutoCloseable {
    static Together of(String program, int cores) {
      Mesh mesh = Mesh.of(AXIS, 1);
      List<Ready> all =
          IntStream.range(0, cores)
              .mapToObj(_ -> Ready.of(program, mesh, Workers.sequential()))
              .toList();
      return new Together(Workers.of(cores), all);
    }

    /** Each thread runs its device this many times, without waiting for the others. */
    void run(int times) {
      workers.run(all.size(), (i, _) -> Repeated.of(all.get(i)::run).run(times));
    }

    double flops() {
      return all.getFirst().plan().flops();
    }

    @Override
    public void close() {
      all.forEach(Ready::close);
      workers.close();
    }
  }

  /**
   * Points of all programs in this process, one for each number of devices. The runs from which
   * predictions start take turns with the predicted runs. A point of one device is its own
   * prediction.
   *
   * @param devices the numbers of devices
   * @param said receives each point
   */
  public List<ScalingPoint> inProcess(
      List<String> programs, List<Integer> devices, Consumer<ScalingPoint> said) {
    List<ScalingPoint> points = new ArrayList<>();
    Map<Integer, LinkFit> fits = new HashMap<>();
    for (String program : programs) {
      for (int count : devices) {
        points.add(inProcess(program, count, fits));
        said.accept(points.getLast());
      }
    }
    return points;
  }

  private ScalingPoint inProcess(String program, int devices, Map<Integer, LinkFit> fits) {
    Mesh mesh = Mesh.of(AXIS, devices);
    try (Workers workers = Workers.of(threads(devices))) {
      Timed many;
      One one;
      try (Ready ready = Ready.of(program, mesh, workers)) {
        if (devices == 1) {
          many = Timed.of(ready, steady.median(Repeated.of(ready::run)), 0, 1);
          one = new One(many.seconds(), ready.plan().flops());
        } else {
          LinkFit fit = fits.computeIfAbsent(devices, n -> fitted(n, workers));
          try (Together together = Together.of(program, threads(devices))) {
            List<Double> seconds = steady.medians(List.of(Repeated.of(ready::run), together::run));
            many =
                Timed.of(
                    ready, seconds.getFirst(), price(ready.plan(), mesh, fit), threads(devices));
            one = new One(seconds.getLast(), together.flops());
          }
        }
      }
      double held = measuresMemory ? held(program, mesh, workers) : Double.NaN;
      return point(program, "in process", devices, one, many, held);
    }
  }

  private static int threads(int devices) {
    return Math.min(devices, CORES);
  }

  /**
   * The point of one program on as many devices as there are processes. Every process calls this
   * and gets the point.
   */
  ScalingPoint overMpi(String program, int devices, One one) {
    Mesh mesh = Mesh.of(AXIS, devices);
    try (Workers workers = Workers.of(1)) {
      Timed many;
      try (Ready ready = Ready.of(program, mesh, workers)) {
        double collectives = devices == 1 ? 0 : price(ready.plan(), mesh, fitted(devices, workers));
        many =
            Timed.of(ready, steady.median(Repeated.of(ready::run), one.seconds()), collectives, 1);
      }
      double held = measuresMemory ? held(program, mesh, workers) : Double.NaN;
      return point(program, "MPI", devices, one, many, held);
    }
  }

  /**
   * The run from which predictions of a program start.
   *
   * @param devices the number of devices that will share the machine
   */
  One one(String program, int devices) {
    try (Together together = Together.of(program, threads(devices))) {
      return new One(steady.median(together::run), together.flops());
    }
  }

  /** Each core computes for one device after another. */
  private static ScalingPoint point(
      String program, String engine, int devices, One one, Timed many, double held) {
    int each = Math.ceilDiv(devices, threads(devices));
    double share = one.flops() > 0 ? many.flops() / one.flops() : 1;
    return new ScalingPoint(
        program,
        engine,
        devices,
        many.seconds(),
        one.seconds(),
        one.seconds() * each * share + many.collectives(),
        many.collectives(),
        held,
        many.predictedBytes());
  }

  private static LinkFit fitted(int devices, Workers workers) {
    try (Collectives collectives = MeshOptions.open(Mesh.of(AXIS, devices), workers)) {
      return MachineProbe.measure(collectives);
    }
  }

  private static MeshBackend backend(Collectives collectives) {
    return MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
  }

  private static List<ShardedTensor> inputs(MeshExecutable executable, Collectives collectives) {
    List<Tensor> whole = ScalingPrograms.inputs(executable.program());
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < whole.size(); i++) {
      PlannedValue input = executable.plan().plan().inputs().get(i);
      shards.add(ShardedTensor.of(whole.get(i), input.layout(), collectives.devices()));
    }
    return List.copyOf(shards);
  }

  /** The median of three, since other work of the JVM may hold or free memory meanwhile. */
  private static double held(String name, Mesh mesh, Workers workers) {
    double[] bytes = new double[3];
    Arrays.setAll(bytes, _ -> heldOnce(name, mesh, workers));
    Arrays.sort(bytes);
    return bytes[1];
  }

  /**
   * Bytes of objects that the inputs and the runs of a compiled program add until it is closed. The
   * program runs until the bytes grow no more, since one thread may do the work of all threads for
   * a while.
   */
  private static double heldOnce(String name, Mesh mesh, Workers workers) {
    try (Collectives collectives = MeshOptions.open(mesh, workers);
        MeshExecutable executable = backend(collectives).compile(ScalingPrograms.of(name, mesh))) {
      long before = ReachableBytes.live();
      List<ShardedTensor> shards = inputs(executable, collectives);
      // Several processes make the same number of runs, since each run needs all of them.
      boolean isAlone = collectives.processes() == 1;
      runs(executable, shards, isAlone ? HELD_NANOS : 0);
      for (long last = 0, look = 0; isAlone && look < MOST_LOOKS; look++) {
        long now = ReachableBytes.now();
        if (now <= last + ReachableBytes.LITTLE) {
          break;
        }
        last = now;
        runs(executable, shards, HELD_NANOS);
      }
      List<ShardedTensor> outputs = executable.runSharded(shards);
      try {
        return ReachableBytes.live() - before;
      } finally {
        Reference.reachabilityFence(shards);
        Reference.reachabilityFence(outputs);
      }
    }
  }

  private static void runs(MeshExecutable executable, List<ShardedTensor> shards, long nanos) {
    long end = System.nanoTime() + nanos;
    for (int i = 1; i < RUNS_HELD || System.nanoTime() < end; i++) {
      executable.runSharded(shards);
    }
  }

  /** The plan's collectives on this machine's memory, or over MPI. */
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
    String time =
        format(
            "%-18s %-11s %7d %10.3f %12.3f %12.3f %+8.1f %%",
            point.program(),
            point.engine(),
            point.devices(),
            1e3 * point.seconds(),
            1e3 * point.predicted(),
            1e3 * point.collectives(),
            100 * point.error());
    return Double.isNaN(point.bytes())
        ? time
        : time
            + format(
                " %10.3f %12.3f %+8.1f %%",
                point.bytes() / 1e6, point.predictedBytes() / 1e6, 100 * point.bytesError());
  }

  /** The head of the table. */
  static String head(boolean memory) {
    String time =
        format(
            "%-18s %-11s %7s %10s %12s %12s %10s",
            "program", "engine", "devices", "ms", "predicted ms", "collectives", "error");
    return memory ? time + format(" %10s %12s %10s", "MB", "predicted MB", "error") : time;
  }
}
