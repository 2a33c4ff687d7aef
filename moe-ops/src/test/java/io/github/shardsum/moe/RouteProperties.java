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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
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
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    private boolean biased() {
      return Math.floorMod(seed, 4) == 1;
    }

    /** 0 for most problems, and then none is given. */
    double[] bias() {
      Random random = new Random(seed + 3);
      double[] bias = new double[experts];
      for (int e = 0; e < experts && biased(); e++) {
        bias[e] = random.nextInt(5) / 8.0 - 0.25;
      }
      return bias;
    }

    /** Recorded experts of each token, some of them none; empty for most problems. */
    int[][] choices(int choices) {
      if (Math.floorMod(seed, 5) != 2) {
        return new int[0][];
      }
      Random random = new Random(seed + 4);
      int[][] recorded = new int[groups * tokens][];
      for (int i = 0; i < recorded.length; i++) {
        List<Integer> all = new ArrayList<>(IntStream.range(0, experts).boxed().toList());
        Collections.shuffle(all, random);
        recorded[i] =
            all.stream()
                .limit(choices)
                .mapToInt(expert -> random.nextInt(5) == 0 ? -1 : expert)
                .toArray();
      }
      return recorded;
    }

    /** The same input with this problem's bias and recorded choices, where tokens choose. */
    RouteInput<Tensor> withExtras(RouteInput<Tensor> input, RouteOptions options) {
      if (!(options.router() instanceof Router.TokenChoice(int k))) {
        return input;
      }
      RouteInput<Tensor> all = input;
      if (biased()) {
        all = all.withBias(Tensor.of(bias(), experts));
      }
      int[][] recorded = choices(k);
      if (recorded.length > 0) {
        int[] flat = Arrays.stream(recorded).flatMapToInt(Arrays::stream).toArray();
        all = all.withChoices(Tensor.of(flat, groups, tokens, k));
      }
      return all;
    }

    /** The options, without a limit to groups that this number of experts cannot have. */
    RouteOptions fit(RouteOptions options) {
      boolean fits =
          options
              .groupLimit()
              .map(
                  limit ->
                      experts % limit.groups() == 0
                          && experts / limit.groups() * limit.chosen() >= options.router().choices()
                          && !tiesButForRounding(limit))
              .orElse(true);
      return fits ? options : options.toBuilder().groupLimit(Optional.empty()).build();
    }

    /**
     * Two groups with the same scores and biases, in other pairs, have one sum but for rounding.
     */
    private boolean tiesButForRounding(RouteOptions.GroupLimit limit) {
      return coarse && biased() && limit.score() == RouteOptions.GroupLimit.Score.TWO_BEST;
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

  /** With gates of both kinds, and with and without a limit to groups of experts. */
  @Provide
  Arbitrary<RouteOptions> options() {
    Arbitrary<Optional<RouteOptions.GroupLimit>> limits =
        Combinators.combine(
                Arbitraries.integers().between(1, 2),
                Arbitraries.integers().between(2, 4),
                Arbitraries.of(RouteOptions.GroupLimit.Score.class))
            .as(RouteOptions.GroupLimit::new)
            .optional();
    return Combinators.combine(
            tokenChoice(), Arbitraries.of(RouteOptions.GateFunction.class), limits)
        .as(
            (options, gates, limit) ->
                options.toBuilder().gateFunction(gates).groupLimit(limit).build());
  }

  private Arbitrary<RouteOptions> tokenChoice() {
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
            Arbitraries.of(Capacity.fixed(1), Capacity.fixed(20), Capacity.factor(1.5)),
            Arbitraries.of(RouteOptions.GateFunction.class))
        .as(
            (normalization, capacity, gates) ->
                RouteOptions.builder()
                    .router(Router.expertChoice())
                    .gateFunction(gates)
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

  private static void checkAgainstDefinition(Problem problem, RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
    RouteInput<Tensor> input = problem.withExtras(problem.withUniform(DType.F64), options);
    Route route = Route.of(input, options, Randomness.seeded(0), Workers.sequential());
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
      assertArrayEquals(
          IntStream.range(0, problem.experts)
              .mapToLong(e -> sent(given, e, problem.experts, capacity))
              .toArray(),
          route.metrics().placed().select(0, g).toLongArray());
    }
  }

  private static long sent(double[] combine, int expert, int experts, int capacity) {
    return IntStream.range(0, combine.length)
        .filter(i -> i / capacity % experts == expert && combine[i] != 0)
        .count();
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
        Arrays.copyOfRange(problem.uniform(), g * s, (g + 1) * s),
        new RouteDefinition.Extras(
            problem.bias(),
            Arrays.stream(problem.choices(options.router().choices()))
                .skip((long) g * s)
                .limit(s)
                .toArray(int[][]::new)));
  }

  @Property(tries = 200)
  void noSlotHoldsTwoTokens(
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
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
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
    RouteInput<Tensor> input = problem.withExtras(problem.input(DType.F32), options);
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
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions options = problem.fit(drawn);
    RouteInput<Tensor> whole = problem.withExtras(problem.input(DType.F64), options);
    RouteOptions fixed = options.toBuilder().capacity(Capacity.fixed(2)).build();
    Randomness seeded = Randomness.seeded(17).stream(4);
    Route all = Route.of(whole, fixed, seeded, Workers.sequential());
    for (int g = 0; g < problem.groups; g++) {
      RouteInput<Tensor> part =
          new RouteInput<>(
              whole.scores().slice(0, g, g + 1, 1),
              whole.kind(),
              whole.nonPadding().map(rowOf(g)),
              Optional.empty(),
              whole.bias(),
              whole.choices().map(rowOf(g)));
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
      @ForAll("problems") Problem problem, @ForAll("options") RouteOptions drawn) {
    RouteOptions all = problem.fit(drawn).toBuilder().capacity(Capacity.largestLoad()).build();
    Route route =
        Route.of(problem.input(DType.F64), all, Randomness.seeded(5), Workers.sequential());
    assertEquals(0, route.metrics().overflow());
    assertEquals(0, route.metrics().tokensDropped());
  }
}
