package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteProperties.Problem;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What the composite of a route tells beside the route, and a bias that follows from it. */
class RouteMetricsProperties {
  private static final List<Backend> BACKENDS =
      List.of(
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
          LocalBackend.of(Workers.sequential()),
          new ReferenceBackend());

  private static final int ASKED = 4;
  private static final int OVERFLOW = 5;
  private static final int PLACED = 6;
  private static final int UNUSABLE = 7;

  @Provide
  Arbitrary<Problem> problems() {
    return new RouteProperties().problems();
  }

  @Provide
  Arbitrary<RouteOptions> options() {
    RouteProperties all = new RouteProperties();
    return Arbitraries.oneOf(all.options(), all.options(), all.expertChoice());
  }

  private static List<Tensor> run(
      Backend backend, Problem problem, Tensor scores, RouteInput.Kind kind, RouteOptions options) {
    ProgramBuilder p = Program.builder("metrics");
    String sizes =
        String.format(
            Locale.ROOT, "[G=%d S=%d E=%d]", problem.groups(), problem.tokens(), problem.experts());
    Value given = p.input("scores", "f64" + sizes);
    Value mask =
        p.input(
            "mask",
            String.format(Locale.ROOT, "bool[G=%d S=%d]", problem.groups(), problem.tokens()));
    RouteInput<Value> input =
        kind == RouteInput.Kind.LOGITS ? RouteInput.logits(given) : RouteInput.gates(given);
    List<Value> results =
        p.add(MoePrograms.route(input.withNonPadding(mask), options, Randomness.seeded(3)));
    for (int i = 0; i < results.size(); i++) {
      p.output("result" + i, results.get(i));
    }
    try (Executable executable = backend.compile(p.build())) {
      return executable.run(List.of(scores, mask(problem)));
    }
  }

  private static Tensor mask(Problem problem) {
    byte[] mask = new byte[problem.groups() * problem.tokens()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (byte) (problem.real()[i] ? 1 : 0);
    }
    return Tensor.ofBool(mask, problem.groups(), problem.tokens());
  }

  private static long sum(Tensor counts) {
    return LongStream.of(counts.toLongArray()).sum();
  }

  @Property(tries = 200)
  void countsAreThoseOfTheRoute(
      @ForAll("problems") Problem drawn, @ForAll("options") RouteOptions any) {
    Problem problem =
        new Problem(
            drawn.groups(), drawn.tokens(), drawn.experts(), drawn.seed(), drawn.padded(), false);
    RouteOptions options = problem.fit(any);
    Tensor scores = problem.input(DType.F64).scores();
    RouteInput<Tensor> input = RouteInput.logits(scores).withNonPadding(mask(problem));
    Route route = Route.of(input, options, Randomness.seeded(3), Workers.sequential());
    for (Backend backend : BACKENDS) {
      List<Tensor> given = run(backend, problem, scores, RouteInput.Kind.LOGITS, options);
      RouteMetrics metrics = route.metrics();
      assertArrayEquals(metrics.load().toLongArray(), given.get(ASKED).toLongArray());
      assertArrayEquals(metrics.placed().toLongArray(), given.get(PLACED).toLongArray());
      assertEquals(metrics.overflow(), sum(given.get(OVERFLOW)));
      assertEquals(0, sum(given.get(UNUSABLE)));
      assertEquals(route.routedRows(), sum(given.get(PLACED)), "each row is of one expert");
    }
  }

  @Property(tries = 100)
  void tokensThatCannotBeRoutedAreCounted(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions any) {
    RouteOptions options = problem.fit(any);
    Random random = new Random(problem.seed());
    boolean gates = random.nextBoolean();
    double[] scores =
        Arrays.stream(problem.logits())
            .map(x -> gates ? Double.isInfinite(x) ? 0 : Math.abs(x) : x)
            .toArray();
    int experts = problem.experts();
    long[] unusable = new long[problem.groups()];
    for (int token = 0; token < problem.groups() * problem.tokens(); token++) {
      if (random.nextInt(3) == 0) {
        spoil(scores, token * experts, experts, gates, random);
        unusable[token / problem.tokens()] += problem.real()[token] ? 1 : 0;
      }
    }
    Tensor given = Tensor.of(scores, problem.groups(), problem.tokens(), experts);
    RouteInput.Kind kind = gates ? RouteInput.Kind.GATES : RouteInput.Kind.LOGITS;
    for (Backend backend : BACKENDS) {
      List<Tensor> results = run(backend, problem, given, kind, options);
      assertArrayEquals(unusable, results.get(UNUSABLE).toLongArray(), options::toString);
    }
  }

  private static void spoil(double[] scores, int from, int count, boolean gates, Random random) {
    int at = from + random.nextInt(count);
    switch (random.nextInt(3)) {
      case 0 -> scores[at] = Double.NaN;
      case 1 -> scores[at] = Double.POSITIVE_INFINITY;
      default -> {
        if (gates) {
          scores[at] = -1;
        } else {
          Arrays.fill(scores, from, from + count, Double.NEGATIVE_INFINITY);
        }
      }
    }
  }

  @Property(tries = 100)
  void choicesThatWereRecordedGiveTheSameRouteAgain(
      @ForAll("problems") Problem problem, @ForAll long seed) {
    RouteOptions options =
        RouteOptions.parse("top2 limit=1/1 gates=sigmoid slots=gate second=random:0.4");
    RouteInput<Tensor> input = problem.withUniform(DType.F64);
    double[] bias = new Random(seed).doubles(problem.experts(), -1, 1).toArray();
    Route first =
        Route.of(
            input.withBias(Tensor.of(bias, problem.experts())),
            options,
            Randomness.seeded(1),
            Workers.sequential());
    Route again =
        Route.of(
            input.withChoices(first.choices()),
            options,
            Randomness.seeded(1),
            Workers.sequential());
    assertArrayEquals(
        first.combine().positions().toLongArray(), again.combine().positions().toLongArray());
    assertArrayEquals(
        first.combine().weights().toDoubleArray(), again.combine().weights().toDoubleArray());
  }

  @Test
  void aBiasThatIsUpdatedEvensTheLoadOut() {
    Random random = new Random(1);
    double[] logits = random.doubles(4 * 64 * 8, -1, 1).toArray();
    for (int i = 0; i < logits.length; i += 8) {
      logits[i] += 3;
    }
    ProgramBuilder p = Program.builder("update");
    Value bias = p.input("bias", "f64[E=8]");
    Value asked = p.input("asked", "i32[G=4 E=8]");
    p.output("updated", MoePrograms.updatedBias(p, bias, asked, 0.01));
    RouteOptions options = RouteOptions.parse("top2 gates=sigmoid second=all capacity=load");
    Tensor current = Tensor.zeros(DType.F64, 8);
    try (Executable update = LocalBackend.of(Workers.sequential()).compile(p.build())) {
      long before = 0;
      long after = Long.MAX_VALUE;
      for (int step = 0; step < 200; step++) {
        Route route =
            Route.of(
                RouteInput.logits(Tensor.of(logits, 4, 64, 8)).withBias(current),
                options,
                Randomness.seeded(1),
                Workers.sequential());
        after = LongStream.of(route.metrics().loadOfExperts()).max().orElseThrow();
        before = step == 0 ? after : before;
        current = update.run(List.of(current, route.metrics().load())).getFirst();
      }
      // 512 choices of 8 experts: 64 each.
      assertTrue(before > 200 && after < 90, before + " before, " + after + " after");
    }
  }
}
