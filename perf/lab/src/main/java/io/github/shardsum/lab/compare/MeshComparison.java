package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.bench.MoeCase;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Measures the cost of a mesh. {@code plan} plans the Mixture-of-Experts layer with the annotations
 * of the paper's algorithm 2, for 2048 devices and for 8, and compares the checker's time with the
 * planner's. {@code run} compares the layer on 8 devices of this process with the same layer on one
 * device, with equal work on equal threads, forward and with the backward pass. {@code rows} does
 * the same for the layer that sends compact rows; it also compares this layer with one that has a
 * slot for each choice, and with one that sends rows in pieces. {@code skew} compares skewed loads
 * with an even load on 8 devices, and with a prediction from the times of the even load's steps.
 * Ratios have paired intervals. The exit status is 1 if a promise is broken.
 *
 * <p>Arguments: any of {@code plan}, {@code run}, {@code rows}, {@code skew}; the default is all.
 */
public final class MeshComparison {
  private static final int ROUNDS = 15;

  /** Longest time of planning for 2048 devices, as a multiple of the time for 8. */
  private static final double MOST_OF_FEW = 1.2;

  private static final double MOST_SECONDS = 0.2;

  /** Longest time of the checker, as a multiple of the planner's time. */
  private static final double MOST_OF_PLANNER = 1;

  /** Longest time of the layer on 8 devices, as a multiple of the time on one. */
  private static final double MOST_FORWARD = 1.15;

  private static final double MOST_WITH_GRADIENT = 1.2;

  /** The same limit for runs from shards to shards. */
  private static final double MOST_FORWARD_OF_SHARDS = 1.1;

  private static final double MOST_WITH_GRADIENT_OF_SHARDS = 1.15;

  /**
   * Longest time with rows that travel, as a multiple of the time with the same number of slots.
   */
  private static final double MOST_OF_SLOTS = 1.03;

  /** Largest distance between the predicted and the measured ratio of a skewed to an even load. */
  private static final double MOST_APART = 0.1;

  /** Runs of an even load that give the times of steps. */
  private static final int PROFILED = 15;

  private static final PlanOptions BY_ROWS =
      PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);

  /** Options with exactly one slot for each choice; no choice is dropped if loads are even. */
  private static final RouteOptions EVEN = RouteOptions.parse("top2 capacity=factor:1 second=all");

  private static final int DEVICES = 8;
  private static final int MANY = 2048;
  private static final RouteOptions ROUTE =
      RouteOptions.parse("top2 capacity=factor:1.25 second=random:0.5");
  private static final Map<String, String> LAYOUTS =
      Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");

  private final Promises promises = new Promises();

  private MeshComparison() {}

  /**
   * Measures.
   *
   * @param arguments plan, run, rows and skew; none for all
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws MeasurementException {
    List<String> wanted = arguments.isEmpty() ? List.of("plan", "run", "rows", "skew") : arguments;
    MeshComparison times = new MeshComparison();
    for (String what : wanted) {
      switch (what) {
        case "plan" -> times.plan();
        case "run" -> times.run();
        case "rows" -> times.rows();
        case "skew" -> times.skew();
        default ->
            throw new IllegalArgumentException(
                "argument: must be plan, run, rows or skew, got " + what);
      }
    }
    return times.promises.areKept();
  }

  private static Program layer(MoeSizes sizes) {
    return MoePrograms.layer(sizes, DType.F32, ROUTE, Randomness.seeded(1));
  }

  private static ProgramPlan planned(Program program, int devices) {
    return ProgramPlan.of(
        program, Mesh.of("x", devices), MoePrograms.kernels(), PlanOptions.defaults());
  }

  /** The gradient of the layer with two groups and one expert for each device. */
  private static Program gradient(int devices) {
    MoeSizes sizes = MoeSizes.of(2L * devices, 256, devices, 256, 512, ROUTE);
    return MoePrograms.gradient(Annotations.of(LAYOUTS).apply(layer(sizes)));
  }

  private void plan() throws MeasurementException {
    Program many = gradient(MANY);
    Program few = gradient(DEVICES);
    int steps = planned(few, DEVICES).plan().steps().size();
    BenchmarkData.check("steps", steps, planned(many, MANY).plan().steps().size(), 0);
    PairedTiming planning =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            Timed.of(() -> planned(many, MANY)),
            Timed.of(() -> planned(few, DEVICES)));
    Interval ratio = planning.ratio();
    double seconds = Interval.median(planning.first());
    print(
        "planning the layer with its gradient, %d steps: %.2f ms for %d devices, %.2f ms for %d,"
            + " %d pairs: %.3f [%.3f, %.3f], at most %.1f %s, and at most %.0f ms %s%n",
        steps,
        seconds * 1e3,
        MANY,
        Interval.median(planning.second()) * 1e3,
        DEVICES,
        ROUNDS,
        ratio.median(),
        ratio.low(),
        ratio.high(),
        MOST_OF_FEW,
        promises.verdict(ratio.median() <= MOST_OF_FEW),
        MOST_SECONDS * 1e3,
        promises.verdict(seconds <= MOST_SECONDS));
    ProgramPlan plan = planned(many, MANY);
    PairedTiming checking =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            Timed.of(plan::certify),
            Timed.of(() -> planned(many, MANY)));
    Interval part = checking.ratio();
    print(
        "certifying it: %.2f ms, of planning %.3f [%.3f, %.3f], at most %.0f %s%n",
        Interval.median(checking.first()) * 1e3,
        part.median(),
        part.low(),
        part.high(),
        MOST_OF_PLANNER,
        promises.verdict(part.median() <= MOST_OF_PLANNER));
  }

  private void run() throws MeasurementException {
    MoeSizes sizes = MoeSizes.of(2L * DEVICES, 512, DEVICES, 256, 1024, ROUTE);
    print("%s, f32, %s%n", sizes, ROUTE);
    Program one = layer(sizes);
    Program many = Annotations.of(LAYOUTS).apply(one);
    compare("forward", one, many, MOST_FORWARD, MOST_FORWARD_OF_SHARDS);
    compare(
        "forward and backward",
        MoePrograms.gradient(one),
        MoePrograms.gradient(many),
        MOST_WITH_GRADIENT,
        MOST_WITH_GRADIENT_OF_SHARDS);
  }

  /**
   * Compares runs from whole values to whole values on both sides, and runs from shards to shards
   * on the mesh.
   */
  private void compare(String what, Program one, Program many, double most, double mostOfShards)
      throws MeasurementException {
    List<Tensor> inputs = inputs(one);
    List<Tensor> outputs = zeros(one);
    List<Tensor> others = zeros(one);
    try (Workers workers = Workers.ofProcessors();
        Collectives collectives =
            Collectives.open(Mesh.of("x", DEVICES), workers, CollectiveOptions.defaults());
        Executable local = LocalBackend.of(workers, MoePrograms.kernels()).compile(one);
        MeshExecutable mesh = compiled(collectives, many, PlanOptions.defaults())) {
      local.runInto(outputs, inputs);
      mesh.runInto(others, inputs);
      equal(outputs, others);
      Timed onOne = Timed.of(() -> local.runInto(outputs, inputs));
      Timed whole = Timed.of(() -> mesh.runInto(others, inputs));
      report(what + ", whole values", whole, onOne, "one device", most);
      Timed ofShards = ofShards(collectives, mesh, inputs);
      report(what + ", shards", ofShards, onOne, "one device", mostOfShards);
    }
  }

  private static MeshExecutable compiled(
      Collectives collectives, Program program, PlanOptions options) {
    return MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(program);
  }

  private static Timed ofShards(Collectives collectives, MeshExecutable mesh, List<Tensor> inputs) {
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      PlannedValue input = mesh.plan().plan().inputs().get(i);
      shards.add(ShardedTensor.of(inputs.get(i), input.layout(), collectives.devices()));
    }
    return Timed.of(() -> mesh.runSharded(shards));
  }

  private void rows() throws MeasurementException {
    MoeSizes sizes = MoeSizes.of(2L * DEVICES, 512, 4 * DEVICES, 256, 1024, EVEN);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, EVEN, Randomness.seeded(1));
    print("%s, f32, %s%n", sizes, EVEN);
    Program rows = MoePrograms.raggedLayer(spec);
    Program slots = MoePrograms.layer(spec);
    rows("forward", rows, onRows(rows), Annotations.of(LAYOUTS).apply(slots), false);
    rows(
        "forward and backward",
        MoePrograms.gradient(rows),
        MoePrograms.gradient(onRows(rows)),
        MoePrograms.gradient(Annotations.of(LAYOUTS).apply(slots)),
        true);
  }

  private static Program onRows(Program layer) {
    return Annotations.of(
            Map.of("inputs", "G@x", "wi", "E@x M H", "wo", "E@x H M", "outputs", "G@x"))
        .apply(layer);
  }

  /**
   * Compares the layer with rows on the mesh with the layer on one device, with slots on the mesh,
   * and with rows in pieces, all on shards.
   */
  private void rows(String what, Program one, Program many, Program inSlots, boolean isGradient)
      throws MeasurementException {
    List<Tensor> inputs = inputs(one);
    List<Tensor> outputs = zeros(one);
    try (Workers workers = Workers.ofProcessors();
        Collectives collectives =
            Collectives.open(Mesh.of("x", DEVICES), workers, CollectiveOptions.defaults());
        Executable local = LocalBackend.of(workers, MoePrograms.kernels()).compile(one);
        MeshExecutable rows = compiled(collectives, many, BY_ROWS);
        MeshExecutable pieces =
            compiled(collectives, many, BY_ROWS.withWindows(PlanOptions.Windows.ALWAYS));
        MeshExecutable slots = compiled(collectives, inSlots, PlanOptions.defaults())) {
      local.runInto(outputs, inputs);
      equal(outputs, rows.run(inputs));
      equal(outputs, pieces.run(inputs));
      equal(outputs, slots.run(inputs));
      Timed ofRows = ofShards(collectives, rows, inputs);
      report(
          what + ", rows",
          ofRows,
          Timed.of(() -> local.runInto(outputs, inputs)),
          "one device",
          isGradient ? MOST_WITH_GRADIENT_OF_SHARDS : MOST_FORWARD_OF_SHARDS);
      Timed ofSlots = ofShards(collectives, slots, inputs);
      report(what + ", rows", ofRows, ofSlots, "slots", MOST_OF_SLOTS);
      Timed ofPieces = ofShards(collectives, pieces, inputs);
      report(what + ", rows in pieces", ofPieces, ofRows, "all at once", MOST_FORWARD_OF_SHARDS);
    }
  }

  private void skew() throws MeasurementException {
    MoeCase layer = MoeCase.parse(2 * DEVICES + ",512,256,1024," + 4 * DEVICES);
    MoeCase half = MoeCase.parse(2 * DEVICES + ",256,256,1024," + 4 * DEVICES);
    print("%s, f32, by rows%n", layer);
    try (Workers workers = Workers.ofProcessors();
        Collectives collectives =
            Collectives.open(Mesh.of("x", DEVICES), workers, CollectiveOptions.defaults());
        SkewedLayer skewed = new SkewedLayer(layer, workers);
        SkewedLayer fewer = new SkewedLayer(half, workers);
        MeshExecutable even = compiled(collectives, onRows(skewed.program()), BY_ROWS)) {
      Timed balanced = of(ExpertLoad.W0, skewed, even, collectives);
      PredictedSkew predicted = predicted(collectives, workers.parallelism(), skewed, fewer);
      double rows = (double) layer.rows() / layer.sizes().experts();
      print(
          "products of experts: %.3f of the time of an even load; the fixed time of an expert is"
              + " that of %.0f rows, its own rows are %.0f%n",
          predicted.share(), predicted.fixedRows(rows), rows);
      for (ExpertLoad load : List.of(ExpertLoad.W4, ExpertLoad.W6, ExpertLoad.W1, ExpertLoad.W7)) {
        try (MeshExecutable mesh = compiled(collectives, onRows(skewed.program()), BY_ROWS)) {
          Timed timed = of(load, skewed, mesh, collectives);
          Interval ratio = PairedTiming.of(InterleavedTimer.of(ROUNDS), timed, balanced).ratio();
          double of = predicted.ratio(skewed.counts(load), DEVICES);
          print(
              "%-30s of an even load, %d pairs: %.3f [%.3f, %.3f], predicted %.3f, apart at most"
                  + " %.2f %s%n",
              load,
              ROUNDS,
              ratio.median(),
              ratio.low(),
              ratio.high(),
              of,
              MOST_APART,
              promises.verdict(Math.abs(of - ratio.median()) <= MOST_APART));
        }
      }
    }
  }

  /** Profiles an even load and one of half as many rows, in turns. */
  private static PredictedSkew predicted(
      Collectives collectives, int threads, SkewedLayer skewed, SkewedLayer fewer) {
    List<Tensor> inputs = skewed.inputs(ExpertLoad.W0);
    List<Tensor> half = fewer.inputs(ExpertLoad.W0);
    PredictedSkew predicted = new PredictedSkew(threads);
    try (MeshExecutable all = profiled(collectives, skewed);
        MeshExecutable some = profiled(collectives, fewer)) {
      for (int i = 0; i < 2 * PROFILED; i++) {
        all.run(inputs);
        some.run(half);
        if (i >= PROFILED) {
          predicted.add(all.spans());
          predicted.addHalf(some.spans());
        }
      }
    }
    return predicted;
  }

  private static MeshExecutable profiled(Collectives collectives, SkewedLayer skewed) {
    return MeshBackend.of(collectives, MoePrograms.kernels(), BY_ROWS)
        .compile(onRows(skewed.program()), CompileOptions.defaults().withProfile());
  }

  /**
   * The layer with a load on the mesh. A first run raises the bound of rows if the load needs it.
   */
  private static Timed of(
      ExpertLoad load, SkewedLayer skewed, MeshExecutable mesh, Collectives collectives) {
    List<Tensor> inputs = skewed.inputs(load);
    equal(skewed.outputs(load, inputs), mesh.run(inputs));
    return ofShards(collectives, mesh, inputs);
  }

  private void report(String what, Timed mesh, Timed other, String name, double most)
      throws MeasurementException {
    PairedTiming times = PairedTiming.of(InterleavedTimer.of(ROUNDS), mesh, other);
    Interval ratio = times.ratio();
    print(
        "%-37s %7.2f ms on %d devices, %s %7.2f ms, %d pairs: %.3f [%.3f, %.3f], at most %.2f"
            + " %s%n",
        what,
        Interval.median(times.first()) * 1e3,
        DEVICES,
        name,
        Interval.median(times.second()) * 1e3,
        ROUNDS,
        ratio.median(),
        ratio.low(),
        ratio.high(),
        most,
        promises.verdict(ratio.median() <= most));
  }

  private static List<Tensor> inputs(Program program) {
    Random random = new Random(1);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      float[] values = new float[Math.toIntExact(input.type().shape().elementCount())];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat() - 0.5f;
      }
      inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
    }
    return inputs;
  }

  private static List<Tensor> zeros(Program program) {
    return program.outputs().stream()
        .map(output -> Tensor.zeros(output.type().dtype(), output.type().shape()))
        .toList();
  }

  /** Checks that results are equal except for rounding, because the order of sums differs. */
  private static void equal(List<Tensor> one, List<Tensor> other) {
    for (int i = 0; i < one.size(); i++) {
      double[] expected = one.get(i).toDoubleArray();
      double[] got = other.get(i).toDoubleArray();
      double most = Arrays.stream(expected).map(Math::abs).max().orElse(0);
      for (int at = 0; at < expected.length; at++) {
        BenchmarkData.check("output " + i + " at " + at, expected[at], got[at], 1e-4 * most);
      }
    }
  }
}
