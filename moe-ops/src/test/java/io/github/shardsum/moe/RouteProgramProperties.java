package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteProperties.Problem;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The composites of routes with every option, forward and backward. */
class RouteProgramProperties {
  private static final LocalBackend PLAIN = LocalBackend.of(Workers.sequential());
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  @Provide
  Arbitrary<Problem> problems() {
    return new RouteProperties().problems();
  }

  /** Padding and z-losses of every kind come with the options; both routers. */
  @Provide
  Arbitrary<RouteOptions> options() {
    RouteProperties all = new RouteProperties();
    return Arbitraries.oneOf(all.options(), all.options(), all.expertChoice())
        .flatMap(
            options ->
                Arbitraries.of(MaskedMean.class)
                    .map(mean -> options.toBuilder().zLoss(mean).build()));
  }

  /** All sources of random numbers that the options can have: drawn by a seed, or given. */
  private static Randomness randomness(Problem problem) {
    return Randomness.seeded(problem.seed()).stream(2);
  }

  private static RouteInput<Tensor> input(Problem problem, RouteOptions options, DType dtype) {
    return problem.withExtras(withUniform(problem.input(dtype), problem, options), options);
  }

  private static RouteInput<Tensor> withUniform(
      RouteInput<Tensor> input, Problem problem, RouteOptions options) {
    if (problem.seed() % 3 == 0) {
      return input;
    }
    boolean gumbel =
        options.secondChoice() instanceof SecondChoice.Sample && problem.seed() % 3 == 1;
    int count = problem.groups() * problem.tokens() * (gumbel ? problem.experts() : 1);
    double[] numbers = new Random(problem.seed()).doubles(count).toArray();
    return input.withUniform(
        gumbel
            ? Tensor.of(numbers, problem.groups(), problem.tokens(), problem.experts())
            : Tensor.of(numbers, problem.groups(), problem.tokens()));
  }

  @Property(tries = 400)
  void theKernelGivesTheBitsOfRouteOf(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      RouteInput<Tensor> input = input(problem, options, dtype);
      Randomness randomness = randomness(problem);
      Route expected = Route.of(input, options, randomness, Workers.sequential());
      List<Tensor> given = RouteCase.of(input, options, randomness, dtype).run(KERNELS);
      check(expected, given, 0, options);
    }
  }

  @Property(tries = 150)
  void theDecompositionGivesItsValues(
      @ForAll("problems") Problem drawn, @ForAll("options") RouteOptions any) {
    // Gates of different tokens may tie up to the rounding of their sums.
    Problem problem =
        new Problem(
            drawn.groups(), drawn.tokens(), drawn.experts(), drawn.seed(), drawn.padded(), false);
    RouteOptions options = problem.fit(any);
    Randomness randomness = randomness(problem);
    RouteInput<Tensor> input = input(problem, options, DType.F64);
    Route expected = Route.of(input, options, randomness, Workers.sequential());
    for (Backend backend : List.of(PLAIN, new ReferenceBackend())) {
      List<Tensor> given = RouteCase.of(input, options, randomness, DType.F32).run(backend);
      check(expected, given, 1e-12, options);
    }
  }

  @Property(tries = 100)
  void givenGatesAreRoutedAlikeToo(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
    double[] gates =
        Arrays.stream(problem.logits())
            .map(x -> Double.isInfinite(x) ? 0 : Math.abs(x) / problem.experts())
            .toArray();
    RouteInput<Tensor> input =
        new RouteInput<>(
            Tensor.of(gates, problem.groups(), problem.tokens(), problem.experts()),
            RouteInput.Kind.GATES,
            problem.input(DType.F64).nonPadding(),
            input(problem, options, DType.F64).uniform(),
            input(problem, options, DType.F64).bias(),
            input(problem, options, DType.F64).choices());
    Randomness randomness = randomness(problem);
    Route expected = Route.of(input, options, randomness, Workers.sequential());
    RouteCase route = RouteCase.of(input, options, randomness, DType.F64);
    check(expected, route.run(KERNELS), 0, options);
    check(expected, route.run(PLAIN), 1e-12, options);
  }

  /** In a program, an expert that is no expert, or is named again, counts as none. */
  @Test
  void recordedExpertsCountOnce() {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=load");
    Tensor logits = Tensor.of(new double[] {3, 2, 1, 0, 1, 2, 5, 1, 1}, 1, 3, 3);
    List<List<Tensor>> results = new ArrayList<>();
    for (long[] choices : new long[][] {{1, 1, 1, 0, 2, 1L << 32}, {1, -1, 1, 0, 2, -1}}) {
      RouteInput<Tensor> input = RouteInput.logits(logits).withChoices(Tensor.of(choices, 1, 3, 2));
      RouteCase route = RouteCase.of(input, options, Randomness.seeded(1), DType.F64);
      for (Backend backend : List.of(KERNELS, PLAIN, new ReferenceBackend())) {
        results.add(route.run(backend));
      }
    }
    for (int i = 0; i < 3; i++) {
      for (int result = 0; result < results.get(i).size(); result++) {
        assertArrayEquals(
            results.get(i + 3).get(result).toDoubleArray(),
            results.get(i).get(result).toDoubleArray());
      }
    }
  }

  private static void check(
      Route expected, List<Tensor> given, double within, RouteOptions options) {
    Shape shape = given.getFirst().shape();
    Tensor combine = expected.combine().toDense();
    Tensor mask = expected.dispatch().toDense();
    // The largest load is a static bound in a program: the slots beyond it are empty.
    long capacity = expected.capacity();
    double[] beyond =
        given.getFirst().slice(3, capacity, shape.size(3), 1).contiguous().toDoubleArray();
    assertArrayEquals(new double[beyond.length], beyond);
    double[] weights = given.get(0).slice(3, 0, capacity, 1).contiguous().toDoubleArray();
    double[] places = given.get(1).slice(3, 0, capacity, 1).contiguous().toDoubleArray();
    close(combine.toDoubleArray(), weights, within, options);
    assertArrayEquals(mask.toDoubleArray(), places, options::toString);
    RouteMetrics metrics = expected.metrics();
    close(metrics.auxLoss().toDoubleArray(), given.get(2).toDoubleArray(), within, options);
    if (options.zLoss() != MaskedMean.OVER_REAL && metrics.zLoss().isPresent()) {
      double sum = 0;
      for (double each : given.get(3).toDoubleArray()) {
        sum += each;
      }
      double tokens = (double) shape.size(0) * shape.size(1);
      assertEquals(metrics.zLoss().getAsDouble(), sum / tokens, 10 * within);
    }
  }

  private static void close(
      double[] expected, double[] given, double within, RouteOptions options) {
    if (within == 0) {
      assertArrayEquals(expected, given, options::toString);
    } else {
      assertArrayEquals(expected, given, within, options::toString);
    }
  }

  /** The gradient of all floating results by the scores, with its inputs. */
  private record Backward(Program program, List<Tensor> inputs) {
    static Backward of(RouteCase forward, long seed) {
      Program program =
          Gradients.valueAndPullback(
              forward.program(),
              List.of("combine_weights", "aux_loss", "squared_log_z"),
              List.of("scores"));
      Random random = new Random(seed);
      List<Tensor> inputs = new ArrayList<>(forward.inputs());
      for (var input : program.inputs().subList(inputs.size(), program.inputs().size())) {
        Shape shape = input.type().shape();
        double[] values = random.doubles(shape.elementCount(), -1, 1).toArray();
        inputs.add(Tensor.of(values, shape.toArray()).convert(input.type().dtype()));
      }
      return new Backward(program, inputs);
    }

    double[] run(Backend backend) {
      try (Executable executable = backend.compile(program)) {
        return executable.run(inputs).getLast().toDoubleArray();
      }
    }
  }

  @Property(tries = 150)
  void theGradientsKernelEqualsTheGradientOfTheDecomposition(
      @ForAll("problems") Problem drawn, @ForAll("options") RouteOptions any) {
    Problem problem =
        new Problem(
            drawn.groups(), drawn.tokens(), drawn.experts(), drawn.seed(), drawn.padded(), false);
    RouteOptions options = problem.fit(any);
    Randomness randomness = randomness(problem);
    RouteCase forward =
        RouteCase.of(input(problem, options, DType.F64), options, randomness, DType.F64);
    Backward backward = Backward.of(forward, problem.seed());
    double[] expected = backward.run(new ReferenceBackend());
    assertArrayEquals(expected, backward.run(PLAIN), 1e-11, options::toString);
    assertArrayEquals(expected, backward.run(KERNELS), 1e-11, options::toString);
  }

  @Property(tries = 60)
  void theGradientEqualsFiniteDifferences(
      @ForAll("problems") Problem drawn, @ForAll("options") RouteOptions any) {
    Problem problem =
        new Problem(1, Math.min(drawn.tokens(), 6), 4, drawn.seed(), drawn.padded(), false);
    RouteOptions options = problem.fit(any);
    Randomness randomness = randomness(problem);
    RouteInput<Tensor> input = input(problem, options, DType.F64);
    RouteCase forward = RouteCase.of(input, options, randomness, DType.F64);
    Backward backward = Backward.of(forward, problem.seed());
    double[] gradient = backward.run(KERNELS);
    List<Tensor> cotangents =
        backward.inputs().subList(forward.inputs().size(), backward.inputs().size());
    try (Executable executable = KERNELS.compile(forward.program())) {
      for (int at = 0; at < gradient.length; at++) {
        double above = loss(executable, forward.inputs(), cotangents, at, 1e-6);
        double below = loss(executable, forward.inputs(), cotangents, at, -1e-6);
        double slope = (above - below) / 2e-6;
        assertEquals(slope, gradient[at], 1e-6 * (1 + Math.abs(slope)), options::toString);
      }
    }
  }

  private static double loss(
      Executable executable, List<Tensor> inputs, List<Tensor> cotangents, int at, double step) {
    double[] scores = inputs.getFirst().toDoubleArray();
    scores[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(0, Tensor.of(scores, inputs.getFirst().shape().toArray()));
    List<Tensor> results = executable.run(moved);
    return dot(results.get(0), cotangents.get(0))
        + dot(results.get(2), cotangents.get(1))
        + dot(results.get(3), cotangents.get(2));
  }

  private static double dot(Tensor x, Tensor y) {
    double[] left = x.toDoubleArray();
    double[] right = y.toDoubleArray();
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }

  @Property(tries = 60)
  void aNanOrInfiniteLogitMakesItsTokensGatesNan(
      @ForAll("problems") Problem drawn, @ForAll("options") RouteOptions any) {
    Problem problem =
        new Problem(
            drawn.groups(), drawn.tokens(), drawn.experts(), drawn.seed(), drawn.padded(), false);
    // The one-hots of a dense route spread a NaN over its token's weights: with a softmax all are.
    RouteOptions options =
        problem.fit(any).toBuilder().gateFunction(RouteOptions.GateFunction.SOFTMAX).build();
    double[] logits = problem.logits();
    logits[new Random(problem.seed()).nextInt(logits.length)] =
        drawn.coarse() ? Double.NaN : Double.POSITIVE_INFINITY;
    RouteInput<Tensor> input = input(problem, options, DType.F64);
    RouteInput<Tensor> bad =
        new RouteInput<>(
            Tensor.of(logits, input.scores().shape().toArray()),
            input.kind(),
            input.nonPadding(),
            input.uniform(),
            input.bias(),
            input.choices());
    RouteCase route = RouteCase.of(bad, options, randomness(problem), DType.F64);
    List<Tensor> expected = route.run(new ReferenceBackend());
    List<Tensor> given = route.run(KERNELS);
    double[] places = expected.get(1).toDoubleArray();
    assertArrayEquals(places, given.get(1).toDoubleArray(), options::toString);
    for (int i : new int[] {0, 2, 3}) {
      // A one-hot's zeros may make NaN of a NaN weight or not.
      double[] left = i == 0 ? at(places, expected.get(i)) : expected.get(i).toDoubleArray();
      double[] right = i == 0 ? at(places, given.get(i)) : given.get(i).toDoubleArray();
      assertArrayEquals(left, right, 1e-12, options::toString);
    }
  }

  private static double[] at(double[] places, Tensor weights) {
    double[] values = weights.toDoubleArray();
    return java.util.stream.IntStream.range(0, values.length)
        .filter(i -> places[i] != 0)
        .mapToDouble(i -> values[i])
        .toArray();
  }

  @Property(tries = 10)
  void noGroupAndNoTokenAreLegal(@ForAll("options") RouteOptions drawn) {
    RouteOptions options = drawn.toBuilder().groupLimit(Optional.empty()).build();
    for (long[] shape : new long[][] {{0, 4, 5}, {2, 0, 5}}) {
      RouteInput<Tensor> input =
          RouteInput.logits(Tensor.zeros(DType.F64, shape))
              .withNonPadding(Tensor.zeros(DType.BOOL, shape[0], shape[1]));
      RouteCase route = RouteCase.of(input, options, Randomness.seeded(1), DType.F64);
      Backward backward = Backward.of(route, 1);
      for (Backend backend : List.of(KERNELS, PLAIN, new ReferenceBackend())) {
        assertEquals(0, route.run(backend).getFirst().shape().elementCount());
        assertArrayEquals(new double[(int) shape[0]], route.run(backend).get(2).toDoubleArray());
        assertEquals(0, backward.run(backend).length);
      }
    }
  }
}
