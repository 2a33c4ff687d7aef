package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MoeTest {
  private static final Randomness SEEDED = Randomness.seeded(11);
  private static final RouteOptions ALL =
      RouteOptions.builder().secondChoice(SecondChoice.all()).build();

  private static Moe compile(MoeWeights weights, RouteOptions options, Workers workers) {
    MoeSizes sizes =
        MoeSizes.of(Tensor.zeros(weights.dtype(), 1, 1, weights.model()), weights, options);
    MoeSpec spec = MoeSpec.of(sizes, weights.dtype(), options, SEEDED);
    return Moe.compile(spec, LocalBackend.of(workers, MoePrograms.kernels()));
  }

  private static Moe.Result run(MoeWeights weights, RouteOptions options, Tensor tokens) {
    try (Moe moe = compile(weights, options, Workers.sequential())) {
      return moe.run(weights, tokens);
    }
  }

  private static long routedRows(Moe.Result result) {
    return LongStream.of(result.positions().toLongArray()).filter(at -> at >= 0).count();
  }

  private static Tensor random(DType dtype, long seed, long... shape) {
    Tensor tensor = Tensor.zeros(DType.F64, shape);
    double[] values = new Random(seed).doubles(tensor.shape().elementCount(), -1, 1).toArray();
    return Tensor.of(values, shape).convert(dtype);
  }

  private static Tensor whole(DType dtype, long seed, int below, long... shape) {
    Tensor tensor = random(DType.F64, seed, shape);
    double[] values = tensor.toDoubleArray();
    return Tensor.of(DoubleStream.of(values).map(x -> Math.rint(x * below)).toArray(), shape)
        .convert(dtype);
  }

  private static MoeWeights weights(DType dtype, int m, int h, int e) {
    return new MoeWeights(
        random(dtype, 1, m, e), random(dtype, 2, e, m, h), random(dtype, 3, e, h, m));
  }

  /** Logits are multiples of 1000, so gates are 1, or 1/2 twice, or the like, and all is exact. */
  private static MoeWeights wholeWeights(DType dtype, int m, int h, int e) {
    double[] gate = whole(DType.F64, 1, 1, m, e).toDoubleArray();
    return new MoeWeights(
        Tensor.of(DoubleStream.of(gate).map(x -> 1000 * x).toArray(), m, e).convert(dtype),
        whole(dtype, 2, 2, e, m, h),
        whole(dtype, 3, 2, e, h, m));
  }

  @Test
  void routedEinsumsEqualTheDenseOnesBitForBit() {
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      Tensor tokens = whole(dtype, 4, 1, 3, 20, 8);
      MoeWeights weights = wholeWeights(dtype, 8, 16, 4);
      LayerByEinsums layer = LayerByEinsums.of(weights, ALL, tokens, SEEDED);
      assertTrue(layer.route().metrics().overflow() > 0, "some choice should be dropped");
      Tensor dispatched =
          Einsum.einsum("GSEC,GSM->EGCM", layer.route().dispatch().toDense(), tokens);
      Tensor outputs =
          Einsum.einsum("GSEC,GECM->GSM", layer.route().combine().toDense(), layer.expertOutputs());
      assertArrayEquals(dispatched.toDoubleArray(), layer.dispatched().toDoubleArray());
      assertArrayEquals(outputs.toDoubleArray(), layer.outputs().toDoubleArray());
      assertArrayEquals(
          outputs.toDoubleArray(), run(weights, ALL, tokens).outputs().toDoubleArray());
    }
  }

  @Test
  void equalsTheDefinitionTokenByToken() {
    MoeWeights weights = weights(DType.F64, 6, 10, 4);
    Tensor tokens = random(DType.F64, 5, 2, 9, 6);
    Moe.Result result = run(weights, RouteOptions.paper(), tokens);
    Tensor combine = Route.of(result.logits(), RouteOptions.paper(), SEEDED).combine().toDense();
    for (int g = 0; g < 2; g++) {
      for (int s = 0; s < 9; s++) {
        double[] x = tokens.select(0, g).select(0, s).toDoubleArray();
        double[] expected = new double[6];
        for (int e = 0; e < 4; e++) {
          double weight =
              DoubleStream.of(combine.select(0, g).select(0, s).select(0, e).toDoubleArray()).sum();
          addExpert(weights, e, weight, x, expected);
        }
        assertArrayEquals(
            expected, result.outputs().select(0, g).select(0, s).toDoubleArray(), 1e-13);
      }
    }
  }

  private static void addExpert(MoeWeights w, int e, double weight, double[] x, double[] sum) {
    for (int h = 0; h < w.hidden(); h++) {
      double hidden = 0;
      for (int m = 0; m < x.length; m++) {
        hidden += x[m] * w.in().getDouble(e, m, h);
      }
      for (int m = 0; m < x.length; m++) {
        sum[m] += weight * Math.max(0, hidden) * w.out().getDouble(e, h, m);
      }
    }
  }

  @Test
  void routesByTheSoftmaxOfTheGateEinsum() {
    MoeWeights weights = weights(DType.F32, 6, 10, 4);
    Tensor tokens = random(DType.F32, 5, 2, 9, 6);
    Moe.Result result = run(weights, ALL, tokens);
    Tensor logits = Einsum.einsum("GSM,ME->GSE", tokens, weights.gate());
    assertArrayEquals(logits.toFloatArray(), result.logits().toFloatArray());
    Route route = Route.of(logits, ALL, SEEDED);
    assertArrayEquals(route.combine().positions().toLongArray(), result.positions().toLongArray());
    assertArrayEquals(route.combine().weights().toFloatArray(), result.weights().toFloatArray());
    assertArrayEquals(route.metrics().load().toLongArray(), result.asked().toLongArray());
    assertEquals(route.metrics().overflow(), LongStream.of(result.overflow().toLongArray()).sum());
    double zLoss = route.metrics().zLoss().orElseThrow();
    // The metrics add the groups in order, the layer in any.
    assertEquals(
        zLoss, result.zLoss().getDouble(), 2 * route.metrics().auxLoss().size(0) * Math.ulp(zLoss));
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    MoeWeights weights = weights(DType.F32, 24, 40, 5);
    Tensor tokens = random(DType.F32, 6, 7, 33, 24);
    Moe.Result one = run(weights, RouteOptions.paper(), tokens);
    for (int threads : new int[] {2, 5}) {
      try (Workers workers = Workers.of(threads);
          Moe moe = compile(weights, RouteOptions.paper(), workers)) {
        Moe.Result many = moe.run(weights, tokens);
        assertArrayEquals(one.outputs().toFloatArray(), many.outputs().toFloatArray());
      }
    }
  }

  @Test
  void aRunIntoUsedMemoryEqualsOneIntoFreshMemory() {
    MoeWeights weights = weights(DType.F32, 6, 10, 4);
    try (Moe moe = compile(weights, RouteOptions.paper(), Workers.sequential())) {
      Moe.Result used = moe.run(weights, random(DType.F32, 7, 2, 8, 6));
      Tensor tokens = random(DType.F32, 8, 2, 8, 6);
      Moe.Result fresh = moe.run(weights, tokens);
      moe.runInto(used, weights, tokens, Optional.empty(), SEEDED);
      assertArrayEquals(fresh.outputs().toFloatArray(), used.outputs().toFloatArray());
      assertArrayEquals(fresh.positions().toLongArray(), used.positions().toLongArray());
    }
  }

  @Test
  void groupsByThemselvesDrawWhatTheWholeDraws() {
    MoeWeights weights = weights(DType.F64, 6, 10, 4);
    Tensor tokens = random(DType.F64, 8, 3, 8, 6);
    try (Moe moe = compile(weights, RouteOptions.paper(), Workers.sequential())) {
      Tensor whole = moe.run(weights, tokens).outputs();
      Moe.Result last = moe.run(weights, tokens.slice(0, 2, 3), Optional.empty(), SEEDED.from(16));
      assertArrayEquals(
          whole.slice(0, 2, 3).contiguous().toDoubleArray(), last.outputs().toDoubleArray());
    }
  }

  @Test
  void paddingHasAnOutputOfZeroAndTakesNoSlot() {
    MoeWeights weights = weights(DType.F32, 4, 4, 2);
    Tensor tokens = random(DType.F32, 9, 1, 6, 4);
    Tensor mask = Tensor.ofBool(new byte[] {1, 0, 1, 1, 0, 1}, 1, 6);
    try (Moe moe = compile(weights, ALL, Workers.sequential())) {
      Moe.Result result = moe.run(weights, tokens, Optional.of(mask), SEEDED);
      assertArrayEquals(new float[4], result.outputs().select(1, 1).toFloatArray());
      assertArrayEquals(new float[4], result.outputs().select(1, 4).toFloatArray());
      assertEquals(8, routedRows(result));
    }
  }

  @Test
  void withoutDroppingEveryChoiceIsServed() {
    Tensor tokens = random(DType.F32, 10, 2, 12, 6);
    for (int k = 1; k <= 3; k++) {
      RouteOptions options = RouteOptions.parse("top" + k + " second=all capacity=load");
      assertEquals(24L * k, routedRows(run(weights(DType.F32, 6, 8, 4), options, tokens)));
    }
    RouteOptions choosing = RouteOptions.parse("experts2");
    assertEquals(2 * 4 * 6L, routedRows(run(weights(DType.F32, 6, 8, 4), choosing, tokens)));
  }

  @Test
  void bf16IsRoutedByF32Logits() {
    Moe.Result result = run(weights(DType.BF16, 6, 8, 4), ALL, random(DType.BF16, 12, 1, 8, 6));
    assertEquals(DType.F32, result.logits().dtype());
    assertEquals(DType.BF16, result.outputs().dtype());
  }

  @Test
  void aProfileTellsTheTimeOfEachStep() {
    MoeWeights weights = weights(DType.F32, 6, 10, 4);
    MoeSizes sizes = MoeSizes.of(2, 8, 4, 6, 10, ALL);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, ALL, SEEDED);
    LocalBackend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    try (Moe moe = Moe.compile(spec, backend, CompileOptions.defaults().withProfile())) {
      moe.run(weights, random(DType.F32, 13, 2, 8, 6));
      for (String value : List.of("logits", "weights", "outputs")) {
        assertTrue(
            moe.profile().stream()
                .anyMatch(step -> step.results().contains(value) && step.calls() == 1),
            value + " in " + moe.profile());
      }
    }
  }

  @Test
  void noTokenIsLegal() {
    MoeWeights weights = weights(DType.F32, 6, 8, 4);
    try (Moe moe = compile(weights, ALL, Workers.sequential())) {
      assertEquals(0, moe.run(weights, Tensor.zeros(DType.F32, 0, 8, 6)).outputs().size(0));
      assertEquals(0, moe.run(weights, Tensor.zeros(DType.F32, 2, 0, 6)).outputs().size(1));
    }
  }

  @Test
  void whatDoesNotFitIsAnErrorThatSaysWhatDoes() {
    MoeWeights weights = weights(DType.F32, 6, 8, 4);
    try (Moe moe = compile(weights, ALL, Workers.sequential())) {
      assertTrue(
          messageOf(() -> moe.run(weights, Tensor.zeros(DType.F32, 1, 2, 5)))
              .contains("f32[G, S, 6]"));
      assertTrue(
          messageOf(() -> moe.run(weights, Tensor.zeros(DType.F64, 1, 2, 6))).contains("f64"));
      assertTrue(
          messageOf(() -> moe.run(weights, Tensor.zeros(DType.F32, 2, 6))).contains("[G, S, M]"));
      Tensor tokens = Tensor.zeros(DType.F32, 1, 2, 6);
      assertTrue(messageOf(() -> moe.run(weights(DType.F32, 6, 9, 4), tokens)).contains("H=8"));
      Tensor mask = Tensor.zeros(DType.BOOL, 1, 3);
      assertTrue(
          messageOf(() -> moe.run(weights, tokens, Optional.of(mask), SEEDED))
              .contains("[G, S] = [1, 2]"));
    }
    assertTrue(
        messageOf(
                () ->
                    new MoeWeights(
                        Tensor.zeros(DType.F32, 6, 4),
                        Tensor.zeros(DType.F32, 4, 6, 8),
                        Tensor.zeros(DType.F32, 4, 6, 8)))
            .contains("[4, 8, 6]"));
  }

  private static String messageOf(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @Test
  void randomWeightsDependOnTheSeedAlone() {
    assertArrayEquals(
        MoeWeights.random(8, 16, 4, 5).in().toFloatArray(),
        MoeWeights.random(8, 16, 4, 5).in().toFloatArray());
    double[] values = MoeWeights.random(64, 64, 2, 5).in().toDoubleArray();
    double variance = DoubleStream.of(values).map(x -> x * x).average().orElseThrow();
    assertEquals(1.0 / 64, variance, 0.1 / 64);
  }
}
