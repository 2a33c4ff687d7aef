package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoeWeights.Bias;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Input and options that do not go together are refused in words that name what is asked. */
final class RefusedInputTest {
  private static final Randomness SEEDED = Randomness.seeded(3);

  private static void refused(String why, Executable call) {
    String said = assertThrows(IllegalArgumentException.class, call, why).getMessage();
    assertTrue(said.contains(why), said);
  }

  private static Tensor zeros(long... shape) {
    return Tensor.zeros(DType.F32, shape);
  }

  private static Route route(RouteInput<Tensor> input, RouteOptions options) {
    return Route.of(input, options, SEEDED, Workers.sequential());
  }

  @Test
  void scoresAndWhatBelongsToThem() {
    refused("[G, S, E]", () -> RouteInput.logits(zeros(2, 3)));
    refused("f32, f64 or bf16", () -> RouteInput.logits(Tensor.zeros(DType.I32, 2, 3, 4)));
    refused("experts E", () -> RouteInput.logits(zeros(2, 3, 0)));
    RouteInput<Tensor> all = RouteInput.logits(zeros(2, 3, 4));
    refused("padding mask", () -> all.withNonPadding(zeros(3, 2)));
    refused("uniform numbers", () -> all.withUniform(zeros(2, 4)));
    refused("f32, f64 or bf16", () -> all.withUniform(Tensor.zeros(DType.I64, 2, 3)));
    refused("bias must have shape [E] = [4]", () -> all.withBias(zeros(3)));
    refused("bias must have shape [E] = [4]", () -> all.withBias(zeros(4, 1)));
    refused("f32, f64 or bf16", () -> all.withBias(Tensor.zeros(DType.I64, 4)));
    for (Tensor wrong :
        List.of(
            Tensor.zeros(DType.I32, 2, 3),
            Tensor.zeros(DType.I32, 2, 3, 2, 1),
            Tensor.zeros(DType.I32, 1, 3, 2),
            Tensor.zeros(DType.I32, 2, 4, 2),
            Tensor.zeros(DType.BOOL, 2, 3, 2),
            zeros(2, 3, 2))) {
      refused("of i32 or i64 with [G, S] = [2, 3]", () -> all.withChoices(wrong));
    }
  }

  @Test
  void valuesHaveTheLabelsOfTheirMeaning() {
    ProgramBuilder p = Program.builder("p");
    Value scores = p.input("scores", "f32[G=2 S=3 E=4]");
    RouteInput<Value> all = RouteInput.logits(scores);
    refused("[G, S, E]", () -> RouteInput.logits(p.input("turned", "f32[S=2 G=3 E=4]")));
    refused("bias", () -> all.withBias(p.input("bias", "f32[H=4]")));
    refused("recorded choices", () -> all.withChoices(p.input("named", "i32[G=2 S=3 H=2]")));
    refused("padding mask", () -> all.withNonPadding(p.input("mask", "bool[S=2 G=3]")));
    assertEquals(2, all.withChoices(p.input("k", "i64[G=2 S=3 K=2]")).recordedChoices());
  }

  @Test
  void choicesOfOtherExperts() {
    RouteOptions top2 = RouteOptions.parse("top2");
    RouteInput<Tensor> all = RouteInput.logits(zeros(1, 2, 4));
    for (int[] wrong : new int[][] {{0, 1, 2, 4}, {0, -2, 2, 3}}) {
      RouteInput<Tensor> given = all.withChoices(Tensor.of(wrong, 1, 2, 2));
      refused("-1 for none or below E = 4", () -> route(given, top2));
    }
    RouteInput<Tensor> twice = all.withChoices(Tensor.of(new int[] {-1, -1, 3, 3}, 1, 2, 2));
    refused("distinct, got expert 3 twice at [g, s] = [0, 1]", () -> route(twice, top2));
    Tensor mask = Tensor.of(new int[] {1, 0}, 1, 2);
    assertEquals(-1, route(twice.withNonPadding(mask), top2).choices().getLong(0, 1, 1));
    RouteInput<Tensor> three = all.withChoices(Tensor.zeros(DType.I32, 1, 2, 3));
    refused("must be 2 a token for top-2, got 3", () -> route(three, top2));
    RouteOptions experts = RouteOptions.parse("experts2");
    RouteInput<Tensor> two = all.withChoices(Tensor.zeros(DType.I32, 1, 2, 2));
    refused("must be absent", () -> route(two, experts));
    RouteInput<Tensor> biased = all.withBias(zeros(4));
    refused("must be absent", () -> route(biased, experts));
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      RouteInput<Tensor> given = all.withBias(Tensor.full(DType.F64, bad, 4));
      refused("bias must be finite", () -> route(given, top2));
    }
    refused("top-5", () -> route(all, RouteOptions.parse("top5")));
  }

  /** Choices that were recorded stand; gates, dropping and weights follow from the scores. */
  @Test
  void recordedChoicesStand() {
    double[] logits = {3, 2, 1, 0, 1, 1, 5, 2, 4, 0, 0, 1};
    int[] choices = {2, 3, 1, -1, 0, 2};
    RouteInput<Tensor> input =
        RouteInput.logits(Tensor.of(logits, 1, 3, 4)).withChoices(Tensor.of(choices, 1, 3, 2));
    Route route = route(input, RouteOptions.parse("top2 second=all capacity=fixed:1"));
    assertArrayEquals(new long[] {2, 3, 1, -1, 0, 2}, route.choices().toLongArray());
    // Expert 2 has one slot, which the first token has; the others have one each.
    double[] dense = route.combine().toDense().toDoubleArray();
    double[] expected = new double[3 * 4];
    for (int token = 0; token < 3; token++) {
      double sum = 0;
      for (int slot = 0; slot < 2; slot++) {
        int expert = choices[token * 2 + slot];
        sum += expert < 0 ? 0 : Math.exp(logits[token * 4 + expert]);
      }
      for (int slot = 0; slot < 2; slot++) {
        int expert = choices[token * 2 + slot];
        if (expert >= 0 && !(token == 2 && expert == 2)) {
          expected[token * 4 + expert] = Math.exp(logits[token * 4 + expert]) / sum;
        }
      }
    }
    assertArrayEquals(expected, dense, 1e-12);
  }

  /** By gate, each choice before all that are lower; equal gates in the order of tokens. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void slotsByGateAreGivenInTheOrderOfGates(int capacity) {
    int tokens = 9;
    int experts = 4;
    double[] gates = new double[tokens * experts];
    // Five values only, so that many are equal.
    Arrays.setAll(gates, i -> (1 + i * i % 5) / 8.0);
    RouteInput<Tensor> input = RouteInput.gates(Tensor.of(gates, 1, tokens, experts));
    Route route =
        route(
            input,
            RouteOptions.parse(
                "top2 second=all slots=gate normalize=never capacity=fixed:" + capacity));
    long[] chosen = route.choices().toLongArray();
    List<Integer> order = new java.util.ArrayList<>();
    for (int at = 0; at < chosen.length; at++) {
      order.add(at);
    }
    // A sort of the JDK is stable.
    order.sort((a, b) -> Double.compare(gate(gates, chosen, b), gate(gates, chosen, a)));
    double[] expected = new double[tokens * experts];
    int[] taken = new int[experts];
    for (int at : order) {
      int expert = (int) chosen[at];
      if (taken[expert]++ < capacity) {
        expected[at / 2 * experts + expert] = gate(gates, chosen, at);
      }
    }
    double[] dense = route.combine().toDense().toDoubleArray();
    double[] weights = new double[tokens * experts];
    for (int i = 0; i < dense.length; i++) {
      weights[i / capacity] += dense[i];
    }
    assertArrayEquals(expected, weights);
  }

  private static double gate(double[] gates, long[] chosen, int at) {
    return gates[at / 2 * 4 + (int) chosen[at]];
  }

  @Test
  void optionsThatAreNone() {
    refused(
        "C in the sizes",
        () ->
            MoeSpec.of(
                new MoeSizes(1, 4, 2, 9, 3, 5),
                DType.F32,
                RouteOptions.parse("top2 capacity=fixed:2"),
                SEEDED));
    RouteOptions top2 = RouteOptions.parse("top2 capacity=fixed:2");
    MoeSizes sizes = MoeSizes.of(1, 4, 2, 3, 5, top2);
    refused("dtype must be", () -> MoeSpec.of(sizes, DType.I32, top2, SEEDED));
    refused("at least 0, got -1", () -> new Randomness(1, 0, -1));
    for (double threshold : new double[] {-0.1, 1.1, Double.NaN}) {
      refused("in [0, 1]", () -> new SecondChoice.Threshold(threshold));
    }
    refused("chosen groups", () -> new GroupLimit(0, 4, GroupLimit.Score.BEST));
    for (int groups : new int[] {1, 65}) {
      refused("got " + groups, () -> new GroupLimit(2, groups, GroupLimit.Score.BEST));
    }
    for (String limit : List.of("limit=1/3", "limit=1/4")) {
      RouteInput<Tensor> four = RouteInput.logits(zeros(1, 2, 4));
      refused("multiple of the groups", () -> route(four, RouteOptions.parse("top2 " + limit)));
    }
  }

  private static Optional<Bias> bias(boolean linear) {
    return Optional.of(
        new Bias(zeros(4, 5), zeros(4, 3), linear ? Optional.of(zeros(4, 5)) : Optional.empty()));
  }

  @Test
  void weightsThatDoNotGoTogether() {
    Tensor gate = zeros(3, 4);
    Tensor in = zeros(4, 3, 5);
    Tensor out = zeros(4, 5, 3);
    Optional<Tensor> linear = Optional.of(zeros(4, 3, 5));
    refused("wg", () -> new MoeWeights(zeros(3), in, out));
    refused("wi", () -> new MoeWeights(gate, zeros(4, 2, 5), out));
    refused("wo", () -> new MoeWeights(gate, in, zeros(4, 3, 5)));
    refused(
        "wv", () -> new MoeWeights(gate, in, out, Optional.of(zeros(4, 3, 6)), Optional.empty()));
    refused(
        "got a b_v and no wv", () -> new MoeWeights(gate, in, out, Optional.empty(), bias(true)));
    refused("got no b_v and a wv", () -> new MoeWeights(gate, in, out, linear, bias(false)));
    refused(
        "b_in",
        () -> new MoeWeights(gate, zeros(4, 3, 6), zeros(4, 6, 3), Optional.empty(), bias(false)));
    Tensor wide = Tensor.zeros(DType.F64, 4, 5, 3);
    refused("must have one dtype", () -> new MoeWeights(gate, in, wide));
    assertEquals(6, new MoeWeights(gate, in, out, linear, bias(true)).tensors().size() - 1);
  }

  /** Drawn weights have the parts of the layer, of one variance, and are equal for a seed. */
  @ParameterizedTest
  @EnumSource(Activation.class)
  void drawnWeightsHaveThePartsOfTheLayer(Activation activation) {
    RouteOptions top2 = RouteOptions.parse("top2 capacity=fixed:2");
    MoeSpec plain =
        MoeSpec.of(MoeSizes.of(1, 4, 2, 64, 32, top2), DType.F32, top2, SEEDED)
            .withActivation(activation);
    for (MoeSpec spec : List.of(plain, plain.withBias())) {
      MoeWeights drawn = MoeWeights.random(spec, 7);
      boolean isGated = activation == Activation.SWIGLU;
      assertEquals(isGated, drawn.linear().isPresent());
      assertEquals(spec.biased(), drawn.bias().isPresent());
      assertEquals(isGated && spec.biased(), drawn.bias().flatMap(Bias::linear).isPresent());
      MoeWeights again = MoeWeights.random(spec, 7);
      for (int i = 0; i < drawn.tensors().size(); i++) {
        assertArrayEquals(
            drawn.tensors().get(i).toFloatArray(), again.tensors().get(i).toFloatArray());
        // No two parts are the same numbers.
        for (int j = 0; j < i; j++) {
          double[] one = drawn.tensors().get(i).toDoubleArray();
          double[] other = drawn.tensors().get(j).toDoubleArray();
          assertTrue(one[0] != other[0], i + " and " + j);
        }
      }
      drawn.linear().ifPresent(wv -> assertEquals(1 / 64.0, variance(wv), 0.1 / 64));
      assertEquals(1 / 32.0, variance(drawn.out()), 0.1 / 32);
    }
  }

  private static double variance(Tensor drawn) {
    return Arrays.stream(drawn.toDoubleArray()).map(x -> x * x).average().orElseThrow();
  }

  /** A compiled layer takes weights of its own sizes and parts. */
  @Test
  void weightsOfAnotherLayer() {
    RouteOptions top2 = RouteOptions.parse("top2 capacity=fixed:2");
    MoeSpec spec = MoeSpec.of(MoeSizes.of(1, 4, 4, 3, 5, top2), DType.F32, top2, SEEDED);
    Tensor tokens = zeros(1, 4, 3);
    try (Moe moe =
        Moe.compile(spec, LocalBackend.of(Workers.sequential(), MoePrograms.kernels()))) {
      refused("E=4, M=3 and H=5", () -> moe.run(MoeWeights.random(3, 5, 3, 1), tokens));
      refused("E=4, M=3 and H=5", () -> moe.run(MoeWeights.random(3, 6, 4, 1), tokens));
      MoeWeights plain = MoeWeights.random(3, 5, 4, 1);
      refused(
          "must be without wv and without biases for relu, got them with wv and without biases",
          () ->
              moe.run(
                  new MoeWeights(
                      plain.gate(),
                      plain.in(),
                      plain.out(),
                      Optional.of(plain.in()),
                      Optional.empty()),
                  tokens));
      refused(
          "got them without wv and with biases",
          () ->
              moe.run(
                  new MoeWeights(
                      plain.gate(), plain.in(), plain.out(), Optional.empty(), bias(false)),
                  tokens));
      Tensor wide = Tensor.zeros(DType.F64, 3, 4);
      Tensor wideTokens = Tensor.zeros(DType.F64, 1, 4, 3);
      refused(
          "must be f32",
          () ->
              moe.run(
                  new MoeWeights(
                      wide, Tensor.zeros(DType.F64, 4, 3, 5), Tensor.zeros(DType.F64, 4, 5, 3)),
                  wideTokens));
    }
  }

  @Test
  void activationsOfOneProductAndOfTwo() {
    ProgramBuilder p = Program.builder("p");
    Value z = p.input("z", "f32[n=4]");
    refused("call of(p, z, v)", () -> Activation.SWIGLU.of(p, z));
    for (Activation one : List.of(Activation.RELU, Activation.GELU, Activation.SILU)) {
      refused("call of(p, z)", () -> one.of(p, z, z));
    }
  }

  @Test
  void optimizersAndLosses() {
    for (double beta : new double[] {-0.1, 1, Double.NaN}) {
      refused("beta1", () -> new Optimizer.Adam(beta, 0.9, 0));
      refused("beta2", () -> new Optimizer.Adam(0.9, beta, 0));
    }
    refused("epsilon", () -> new Optimizer.Adam(0.9, 0.9, -1));
    refused("decay", () -> new Optimizer.Adafactor(0, 1, 0, 0));
    refused("clip", () -> new Optimizer.Adafactor(0.8, 0, 0, 0));
    refused("smallestSquare", () -> new Optimizer.Adafactor(0.8, 1, -1, 0));
    refused("smallestScale", () -> new Optimizer.Adafactor(0.8, 1, 0, -1));
    for (double decay : new double[] {-0.1, 1.1, Double.NaN}) {
      refused("decay", () -> new Optimizer.Averaged(new Optimizer.Adam(0, 0, 0), decay));
    }
    for (double smoothing : new double[] {-0.1, 1, Double.NaN}) {
      refused("smoothing", () -> new Transformer.Loss(smoothing, 0, 0));
    }
    refused("finite", () -> new Transformer.Loss(0, Double.NaN, 0));
    refused("finite", () -> new Transformer.Loss(0, 0, Double.POSITIVE_INFINITY));
  }
}
