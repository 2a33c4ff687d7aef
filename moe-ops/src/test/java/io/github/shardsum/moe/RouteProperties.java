package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RouteProperties {
  private static final double WITHIN = 1e-12;

  /** Random sizes, and logits with many ties or with masked experts, in f64. */
  record Problem(int groups, int tokens, int experts, long seed, boolean padded, boolean coarse) {
    double[] logits() {
      Random random = new Random(seed);
      double[] values = new double[groups * tokens * experts];
      for (int i = 0; i < values.length; i++) {
        values[i] = coarse ? random.nextInt(4) : random.nextGaussian();
        boolean open = i % experts == i / experts % experts;
        if (seed % 3 == 0 && !open && random.nextInt(3) == 0) {
          values[i] = Double.NEGATIVE_INFINITY;
        }
      }
      return values;
    }

    boolean[] real() {
      Random random = new Random(seed + 1);
      boolean[] real = new boolean[groups * tokens];
      for (int i = 0; i < real.length; i++) {
        real[i] = !padded || random.nextInt(3) > 0;
      }
      return real;
    }

    double[] uniform() {
      return new Random(seed + 2).doubles((long) groups * tokens).toArray();
    }

    RouteInput<Tensor> input(DType dtype) {
      Tensor logits = Tensor.of(logits(), groups, tokens, experts).convert(dtype);
      byte[] mask = new byte[groups * tokens];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = (byte) (real()[i] ? 1 : 0);
      }
      return new RouteInput<>(
          logits,
          RouteInput.Kind.LOGITS,
          padded ? Optional.of(Tensor.ofBool(mask, groups, tokens)) : Optional.empty(),
          Optional.empty());
    }

    RouteInput<Tensor> withUniform(DType dtype) {
      return input(dtype).withUniform(Tensor.of(uniform(), groups, tokens));
    }
  }

  @Provide
  Arbitrary<Problem> problems() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 12),
            Arbitraries.integers().between(4, 9),
            Arbitraries.longs(),
            Arbitraries.of(false, true),
            Arbitraries.of(false, true))
        .as(Problem::new);
  }

  @Provide
  Arbitrary<RouteOptions> options() {
    Arbitrary<AuxLoss> losses =
        Combinators.combine(
                Arbitraries.of(AuxLoss.Scale.class),
                Arbitraries.of(AuxLoss.Choices.class),
                Arbitraries.of(MaskedMean.class))
            .as(AuxLoss::new);
    Arbitrary<Capacity> capacities =
        Arbitraries.of(
            Capacity.fixed(1),
            Capacity.fixed(2),
            Capacity.fixed(5),
            Capacity.factor(1),
            Capacity.factor(0.7).rounding(Capacity.Rounding.FLOOR).atLeast(2),
            Capacity.factor(1.25).multipleOf(4),
            Capacity.factor(1).rounding(Capacity.Rounding.CEIL_PER_CHOICE),
            Capacity.largestLoad());
    return Combinators.combine(
            Arbitraries.integers().between(1, 4),
            Arbitraries.of(
                SecondChoice.all(),
                SecondChoice.none(),
                SecondChoice.threshold(0.3),
                SecondChoice.random(0.2),
                SecondChoice.random(0.5),
                SecondChoice.sample()),
            Arbitraries.of(Normalization.class),
            Arbitraries.of(0, 1e-9),
            Arbitraries.of(true, false),
            Arbitraries.of(SlotOrder.class),
            losses,
            capacities)
        .as(
            (k, second, normalization, epsilon, keeps, order, loss, capacity) ->
                RouteOptions.builder()
                    .router(Router.topK(k))
                    .secondChoice(k == 2 ? second : SecondChoice.all())
                    .normalization(normalization)
                    .normalizationEpsilon(epsilon.doubleValue())
                    .rejectedKeepsSlot(keeps)
                    .slotOrder(order)
                    .auxLoss(loss)
                    .capacity(capacity)
                    .build());
  }

  @Provide
  Arbitrary<RouteOptions> expertChoice() {
    return Combinators.combine(
            Arbitraries.of(Normalization.NONE, Normalization.AFTER_DROPPING),
            Arbitraries.of(Capacity.fixed(1), Capacity.fixed(20), Capacity.factor(1.5)))
        .as(
            (normalization, capacity) ->
                RouteOptions.builder()
                    .router(Router.expertChoice())
                    .normalization(normalization)
                    .capacity(capacity)
                    .build());
  }

  @Property
  void equalsTheDefinition(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions options) {
    checkAgainstDefinition(problem, options);
  }

  @Property(tries = 300)
  void expertChoiceEqualsTheDefinition(
      @ForAll("problems") Problem problem, @ForAll("expertChoice") RouteOptions options) {
    checkAgainstDefinition(problem, options);
  }

  private static void checkAgainstDefinition(Problem problem, RouteOptions options) {
    Route route =
        Route.of(
            problem.withUniform(DType.F64), options, Randomness.seeded(0), Workers.sequential());
    int capacity = Math.toIntExact(route.capacity());
    double[] combine = route.combine().toDense().toDoubleArray();
    int perGroup = problem.tokens * problem.experts * capacity;
    for (int g = 0; g < problem.groups; g++) {
      RouteDefinition dense = dense(problem, options, g);
      double[] expected =
          Arrays.stream(dense.combine(capacity))
              .flatMap(Arrays::stream)
              .flatMapToDouble(Arrays::stream)
              .toArray();
      double[] given = Arrays.copyOfRange(combine, g * perGroup, (g + 1) * perGroup);
      assertArrayEquals(expected, given, WITHIN);
      assertEquals(dense.auxLoss(), route.metrics().auxLoss().getDouble(g), WITHIN);
      if (options.router() instanceof Router.TokenChoice) {
        assertArrayEquals(
            Arrays.stream(dense.counts(c -> c.asks() ? 1 : 0)).asLongStream().toArray(),
            route.metrics().load().select(0, g).toLongArray());
      }
    }
  }

  private static RouteDefinition dense(Problem problem, RouteOptions options, int g) {
    int s = problem.tokens;
    double[][] logits = new double[s][];
    for (int i = 0; i < s; i++) {
      int from = (g * s + i) * problem.experts;
      logits[i] = Arrays.copyOfRange(problem.logits(), from, from + problem.experts);
    }
    return new RouteDefinition(
        options,
        logits,
        Arrays.copyOfRange(problem.real(), g * s, (g + 1) * s),
        Arrays.copyOfRange(problem.uniform(), g * s, (g + 1) * s));
  }

  @Property(tries = 200)
  void noSlotHoldsTwoTokens(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions options) {
    Route route =
        Route.of(problem.input(DType.F32), options, Randomness.seeded(9), Workers.sequential());
    Tensor mask = route.dispatch().toDense();
    long slots = problem.experts * route.capacity();
    for (int g = 0; g < problem.groups; g++) {
      for (long slot = 0; slot < slots; slot++) {
        double sum = 0;
        for (int s = 0; s < problem.tokens; s++) {
          sum += mask.getDouble(g, s, slot / route.capacity(), slot % route.capacity());
        }
        assertTrue(sum <= 1, "slot " + slot + " holds " + sum);
      }
    }
  }

  @Property(tries = 200)
  void everyNumberOfThreadsGivesTheSameBits(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions options) {
    RouteInput<Tensor> input = problem.input(DType.F32);
    Route one = Route.of(input, options, Randomness.seeded(3), Workers.sequential());
    try (Workers three = Workers.of(3)) {
      Route other = Route.of(input, options, Randomness.seeded(3), three);
      assertArrayEquals(
          one.combine().positions().toLongArray(), other.combine().positions().toLongArray());
      assertArrayEquals(
          one.combine().weights().toFloatArray(), other.combine().weights().toFloatArray());
      assertEquals(one.metrics().meanAuxLoss(), other.metrics().meanAuxLoss());
      assertEquals(one.metrics().zLoss(), other.metrics().zLoss());
    }
  }

  @Property(tries = 200)
  void aGroupByItselfDrawsWhatTheWholeDraws(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions options) {
    RouteInput<Tensor> whole = problem.input(DType.F64);
    RouteOptions fixed = options.toBuilder().capacity(Capacity.fixed(2)).build();
    Randomness seeded = Randomness.seeded(17).stream(4);
    Route all = Route.of(whole, fixed, seeded, Workers.sequential());
    for (int g = 0; g < problem.groups; g++) {
      RouteInput<Tensor> part =
          new RouteInput<>(
              whole.scores().slice(0, g, g + 1, 1),
              whole.kind(),
              whole.nonPadding().map(rowOf(g)),
              Optional.empty());
      Route one =
          Route.of(part, fixed, seeded.from((long) g * problem.tokens), Workers.sequential());
      assertArrayEquals(
          all.combine().weights().select(0, g).toDoubleArray(),
          one.combine().weights().select(0, 0).toDoubleArray());
      assertArrayEquals(
          all.combine().positions().select(0, g).toLongArray(),
          one.combine().positions().select(0, 0).toLongArray());
    }
  }

  private static java.util.function.Function<Tensor, Tensor> rowOf(int g) {
    return mask -> mask.slice(0, g, g + 1, 1);
  }

  @Property(tries = 200)
  void theLargestLoadDropsNothing(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions options) {
    RouteOptions all = options.toBuilder().capacity(Capacity.largestLoad()).build();
    Route route =
        Route.of(problem.input(DType.F64), all, Randomness.seeded(5), Workers.sequential());
    assertEquals(0, route.metrics().overflow());
    assertEquals(0, route.metrics().tokensDropped());
  }
}
