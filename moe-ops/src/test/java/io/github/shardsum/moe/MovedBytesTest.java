package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.CountedCollectives.Received;
import io.github.shardsum.moe.MeshIntegersTest.Case;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A run of a layer moves the bytes that its plan says, to the byte: in slots those of every
 * collective, as rows those that follow from the route, at most the plan's bound, and if all loads
 * are even exactly the plan's. Numbers are f64.
 */
class MovedBytesTest {
  private static final int CASES = Integer.getInteger("shardsum.cases", TestDepth.cases(4, 8, 20));
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(24));
  private static final PlanOptions ROWS = PlanOptions.defaults().withPartitions(Partitions.ALWAYS);

  /** Tokens of all experts' pairs in turns; others are those of {@link Case#input}. */
  private static final int EVEN = 3;

  /** A layer, forward or also backward, under one load. */
  private record Run(Case layer, boolean isGradient, int load) {
    private Program program(Program forward) {
      return isGradient ? MoePrograms.gradient(forward) : forward;
    }

    private Tensor input(Value value, Random random) {
      if (load != EVEN || !value.name().equals("inputs")) {
        return layer.input(value, load, random);
      }
      int pairs = (int) layer.spec().sizes().experts() / 2;
      int width = (int) layer.spec().sizes().model();
      double[] numbers = new double[(int) value.type().shape().elementCount()];
      for (int token = 0; token < numbers.length / width; token++) {
        numbers[token * width + token % pairs] = 1;
      }
      return Tensor.of(numbers, numbers.length).reshape(value.type().shape().toArray());
    }

    private PlanOptions options() {
      boolean mayBeCut = layer.mesh().axisNames().stream().noneMatch(axis -> axis.equals("m"));
      return mayBeCut && layer.seed() % 2 == 0 ? ROWS.withWindows(Windows.ALWAYS) : ROWS;
    }

    Moved moved() {
      Random random = new Random(layer.seed());
      Program plain = layer.layer();
      Program laid = program(layer.annotated(plain));
      List<Tensor> inputs = laid.inputs().stream().map(value -> input(value, random)).toList();
      try (CountedCollectives collectives = CountedCollectives.open(layer.mesh());
          MeshExecutable executable =
              MeshBackend.of(collectives, MoePrograms.kernels(), options()).compile(laid)) {
        // A run that receives more rows than the bound begins again with a larger one.
        executable.run(inputs);
        collectives.all().clear();
        executable.run(inputs);
        int[] chosen = chosen(plain, inputs.subList(0, plain.inputs().size()));
        return new Moved(this, executable.plan().plan(), List.copyOf(collectives.all()), chosen);
      }
    }

    /** The expert of each choice, -1 of one that is not sent, on one device. */
    private int[] chosen(Program plain, List<Tensor> inputs) {
      Program router =
          new Program(
              "router", plain.inputs(), plain.statements(), List.of(plain.value("positions")));
      try (Executable one =
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(router)) {
        double capacity = layer.spec().sizes().capacity();
        double[] positions = one.run(inputs).getFirst().toDoubleArray();
        return Arrays.stream(positions).mapToInt(at -> (int) Math.floor(at / capacity)).toArray();
      }
    }
  }

  /**
   * The bytes that a run moved.
   *
   * @param of the run
   * @param plan its plan
   * @param all its collectives
   * @param chosen the expert of each choice
   */
  private record Moved(Run of, SpmdPlan plan, List<Received> all, int[] chosen) {
    private Mesh mesh() {
      return of.layer().mesh();
    }

    /** Steps that move rows. */
    private List<Integer> byRows() {
      return IntStream.range(0, plan.steps().size())
          .filter(at -> plan.steps().get(at).action() instanceof Action.Partitioned)
          .boxed()
          .toList();
    }

    private static boolean isOfRows(Received one) {
      return one.collective() instanceof Collective.RaggedAllToAll;
    }

    /** The numbers of rows that each member sends to a device. */
    private static boolean isOfCounts(Received one) {
      return one.collective() instanceof Collective.AllToAll && one.x().dtype() == DType.I32;
    }

    private static boolean isAgreement(Received one) {
      return one.collective() instanceof Collective.AllReduce reduce
          && reduce.reduction() == Reduction.MAX
          && one.x().dtype() == DType.I64;
    }

    private long[] sum(Predicate<Received> which) {
      long[] sums = new long[mesh().size()];
      for (Received one : all) {
        for (int device = 0; which.test(one) && device < sums.length; device++) {
          sums[device] += one.bytes().get(device);
        }
      }
      return sums;
    }

    /** Indices of a label on each device. */
    private List<List<Integer>> indices(String label, long size, List<String> axes) {
      Tensor whole = Tensor.of(LongStream.range(0, size).toArray(), size);
      Layout layout = Layout.parse(mesh(), MeshAxes.split(label, axes));
      List<Integer> devices = IntStream.range(0, mesh().size()).boxed().toList();
      return ShardedTensor.of(whole, layout, devices).shards().stream()
          .map(shard -> Arrays.stream(shard.toDoubleArray()).mapToObj(at -> (int) at).toList())
          .toList();
    }

    private List<String> axes(PlanStep step, int operand, String label) {
      Layout layout = plan.value(step.operands().get(operand)).layout();
      return layout.axes(layout.dim(label));
    }

    /** Choices of tokens of these groups that go to these experts. */
    private long rows(List<Integer> groups, List<Integer> experts) {
      int ofGroup = chosen.length / (int) of.layer().spec().sizes().groups();
      return IntStream.range(0, chosen.length)
          .filter(at -> groups.contains(at / ofGroup) && experts.contains(chosen[at]))
          .count();
    }

    private boolean arePeers(int device, int other, List<String> axes) {
      return mesh().axisNames().stream()
          .filter(axis -> !axes.contains(axis))
          .allMatch(axis -> mesh().coordinate(device, axis) == mesh().coordinate(other, axis));
    }

    void check() {
      List<String> ordinary = new ArrayList<>();
      long[] ofRows = new long[mesh().size()];
      long[] ofCounts = new long[mesh().size()];
      long[] ofAgreements = new long[mesh().size()];
      for (int at = 0; at < plan.steps().size(); at++) {
        PlanStep step = plan.steps().get(at);
        if (byRows().contains(at)) {
          add(step, ofRows, ofCounts, ofAgreements, ordinary);
        } else if (step.action().isCollective()) {
          ordinary.add(kind(step.action().op(), plan.bytesReceived(at)));
        }
      }
      boolean hasRows = !byRows().isEmpty();
      List<String> moved =
          all.stream()
              .filter(one -> !hasRows || !(isOfRows(one) || isOfCounts(one) || isAgreement(one)))
              .map(one -> kind(name(one.collective()), one.busiest()))
              .sorted()
              .toList();
      assertEquals(ordinary.stream().sorted().toList(), moved, this::text);
      if (hasRows) {
        assertEquals(text(ofRows), text(sum(Moved::isOfRows)), this::text);
        assertEquals(text(ofCounts), text(sum(Moved::isOfCounts)), this::text);
        assertEquals(text(ofAgreements), text(sum(Moved::isAgreement)), this::text);
        checkBound();
      }
    }

    /** Adds the bytes that a step by rows must move, by the route. */
    private void add(
        PlanStep step, long[] ofRows, long[] ofCounts, long[] ofAgreements, List<String> ofSums) {
      boolean isBackward = step.results().size() > 1;
      MoeSizes sizes = of.layer().spec().sizes();
      List<String> tokens = axes(step, 0, "G");
      List<String> rows = axes(step, 3, "E");
      List<String> inner = axes(step, 3, "H");
      List<List<Integer>> groups = indices("G", sizes.groups(), tokens);
      List<List<Integer>> experts = indices("E", sizes.experts(), rows);
      List<List<Integer>> chunks = indices("M", sizes.model(), inner);
      long members = mesh().size(rows);
      long summing = mesh().size(inner);
      long split = mesh().size(tokens);
      long scattered = 0;
      long reduced = 0;
      for (int device = 0; device < ofRows.length; device++) {
        long in = 0;
        long out = 0;
        long here = rows(groups.get(device), experts.get(device));
        for (int other = 0; other < ofRows.length; other++) {
          if (other != device && arePeers(device, other, rows)) {
            in += rows(groups.get(other), experts.get(device));
            out += rows(groups.get(device), experts.get(other));
          }
        }
        long width = sizes.model();
        long back = chunks.get(device).size();
        // Tokens, weights and cotangents; then outputs, or gradients of tokens and of weights.
        ofRows[device] +=
            Double.BYTES
                * (in * (isBackward ? 2 * width + 1 : width + 1)
                    + out * (isBackward ? back + 1 : back));
        ofCounts[device] += Integer.BYTES * (members - 1) * experts.get(device).size();
        ofAgreements[device] += Long.BYTES * Math.ceilDiv(2 * (split - 1), split);
        scattered = Math.max(scattered, Double.BYTES * (summing - 1) * (here + in) * back);
        reduced =
            Math.max(
                reduced, Double.BYTES * Math.ceilDiv(2 * (summing - 1) * (here + in), summing));
      }
      if (summing > 1) {
        ofSums.add(kind("reduce-scatter", scattered));
        if (isBackward) {
          ofSums.add(kind("all-reduce", reduced));
        }
      }
    }

    /** No device receives more than the plan's bound of all steps; even loads are as planned. */
    private void checkBound() {
      long most = planned(plan::mostBytesReceived);
      long busiest = all.stream().mapToLong(Received::busiest).sum();
      assertTrue(busiest <= most, () -> busiest + " of at most " + most + " " + text());
      if (of.load() == EVEN) {
        assertEquals(planned(plan::bytesReceived), busiest, this::text);
      }
    }

    private long planned(IntToLongFunction step) {
      return IntStream.range(0, plan.steps().size()).mapToLong(step).sum();
    }

    private static String kind(String name, long bytes) {
      return name + " " + bytes;
    }

    private static String name(Collective collective) {
      return switch (collective) {
        case Collective.AllReduce _ -> "all-reduce";
        case Collective.ReduceScatter _ -> "reduce-scatter";
        case Collective.AllGather _ -> "all-gather";
        case Collective.AllToAll _ -> "all-to-all";
        case Collective.Permute _ -> "collective-permute";
        case Collective.RaggedAllToAll _ -> "exchange";
        case Collective.Exchange _, Collective.Broadcast _, Collective.Barrier _ ->
            collective.toString();
      };
    }

    private static String text(long[] numbers) {
      return Arrays.toString(numbers);
    }

    private String text() {
      return of + "\n" + plan.explain();
    }
  }

  /** Even sizes, and sizes that devices do not divide. */
  @ParameterizedTest
  @CsvSource({
    "x=8, 8, 8, 8, 8, true", "x=8, 9, 4, 12, 7, false",
    "d=2 x=4, 8, 8, 8, 8, true", "d=2 x=4, 5, 8, 6, 7, false",
    "d=2 x=2 m=2, 4, 8, 4, 8, true", "x=4 m=2, 6, 4, 6, 7, false"
  })
  void movesWhatIsPlanned(
      String mesh, int groups, int tokens, int experts, int model, boolean isEven) {
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(groups, tokens, experts, model, 4, route);
    MoeSpec spec = MoeSpec.of(sizes, DType.F64, route, Randomness.seeded(7));
    List<Integer> loads = isEven ? List.of(EVEN, 0) : List.of(2, 0);
    for (boolean isGradient : new boolean[] {false, true}) {
      new Run(new Case(spec, Mesh.parse(mesh), true, 0), isGradient, 0).moved().check();
      // Of an even seed in pieces.
      for (int seed = 0; seed < loads.size(); seed++) {
        Case rows = new Case(spec, Mesh.parse(mesh), false, seed);
        new Run(rows, isGradient, loads.get(seed)).moved().check();
      }
    }
  }

  /** Layers, meshes and loads of {@link MeshIntegersTest}. */
  @Test
  void randomLayersMoveWhatIsPlanned() {
    for (long seed = SEED; seed < SEED + CASES; seed++) {
      Case drawn = Case.of(seed);
      int load = new Random(seed).nextInt(EVEN);
      new Run(drawn, false, load).moved().check();
      new Run(drawn, true, load).moved().check();
    }
  }
}
