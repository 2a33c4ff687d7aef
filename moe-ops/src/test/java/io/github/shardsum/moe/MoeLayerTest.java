package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class MoeLayerTest {
  private static final Randomness SEEDED = Randomness.seeded(11);
  private static final GatingOptions ALL =
      GatingOptions.builder().secondChoice(SecondChoice.all()).build();

  private static MoeLayer layer(MoeWeights weights, GatingOptions options) {
    return MoeLayer.of(weights, options, Workers.sequential());
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
      MoePass pass = layer(wholeWeights(dtype, 8, 16, 4), ALL).forward(MoeInput.of(tokens), SEEDED);
      assertTrue(pass.routing().metrics().overflow() > 0, "some choice should be dropped");
      Tensor dispatched =
          Einsum.einsum("GSEC,GSM->EGCM", pass.routing().dispatch().toDense(), tokens);
      Tensor outputs =
          Einsum.einsum(
              "GSEC,GECM->GSM",
              pass.routing().combine().toDense(),
              pass.activations().expertOutputs());
      assertArrayEquals(
          dispatched.toDoubleArray(), pass.activations().dispatched().toDoubleArray());
      assertArrayEquals(outputs.toDoubleArray(), pass.outputs().toDoubleArray());
    }
  }

  @Test
  void equalsTheDefinitionTokenByToken() {
    MoeWeights weights = weights(DType.F64, 6, 10, 4);
    Tensor tokens = random(DType.F64, 5, 2, 9, 6);
    MoePass pass = layer(weights, GatingOptions.paper()).forward(MoeInput.of(tokens), SEEDED);
    Tensor combine = pass.routing().combine().toDense();
    for (int g = 0; g < 2; g++) {
      for (int s = 0; s < 9; s++) {
        double[] x = tokens.select(0, g).select(0, s).toDoubleArray();
        double[] wanted = new double[6];
        for (int e = 0; e < 4; e++) {
          double weight =
              DoubleStream.of(combine.select(0, g).select(0, s).select(0, e).toDoubleArray()).sum();
          addExpert(weights, e, weight, x, wanted);
        }
        assertArrayEquals(wanted, pass.outputs().select(0, g).select(0, s).toDoubleArray(), 1e-13);
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
    MoePass pass = layer(weights, ALL).forward(MoeInput.of(tokens), SEEDED);
    Tensor logits = Einsum.einsum("GSM,ME->GSE", tokens, weights.gate());
    assertArrayEquals(logits.toFloatArray(), pass.activations().logits().toFloatArray());
    Routing routing = Gating.route(logits, ALL, SEEDED);
    assertArrayEquals(
        routing.combine().positions().toLongArray(),
        pass.routing().combine().positions().toLongArray());
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    MoeWeights weights = weights(DType.F32, 24, 40, 5);
    MoeInput input = MoeInput.of(random(DType.F32, 6, 7, 33, 24));
    MoePass one = layer(weights, GatingOptions.paper()).forward(input, SEEDED);
    for (int threads : new int[] {2, 5}) {
      try (Workers workers = Workers.of(threads)) {
        MoePass many = MoeLayer.of(weights, GatingOptions.paper(), workers).forward(input, SEEDED);
        assertArrayEquals(one.outputs().toFloatArray(), many.outputs().toFloatArray());
      }
    }
  }

  @Test
  void aPassIntoUsedMemoryEqualsOneIntoFreshMemory() {
    MoeLayer layer = layer(weights(DType.F32, 6, 10, 4), GatingOptions.paper());
    MoePass first = layer.forward(MoeInput.of(random(DType.F32, 7, 2, 8, 6)), SEEDED);
    MoeInput second = MoeInput.of(random(DType.F32, 8, 2, 8, 6));
    float[] fresh = layer.forward(second, SEEDED).outputs().toFloatArray();
    MoePass reused = layer.forward(second, SEEDED, first.activations());
    assertArrayEquals(fresh, reused.outputs().toFloatArray());
    assertSame(first.outputs(), reused.outputs());
    MoeInput other = MoeInput.of(random(DType.F32, 8, 1, 8, 6));
    assertNotSame(first.outputs(), layer.forward(other, SEEDED, first.activations()).outputs());
  }

  @Test
  void paddingHasAnOutputOfZeroAndTakesNoSlot() {
    Tensor tokens = random(DType.F32, 9, 1, 6, 4);
    Tensor mask = Tensor.ofBool(new byte[] {1, 0, 1, 1, 0, 1}, 1, 6);
    MoePass pass =
        layer(weights(DType.F32, 4, 4, 2), ALL)
            .forward(MoeInput.of(tokens).withNonPadding(mask), SEEDED);
    assertArrayEquals(new float[4], pass.outputs().select(1, 1).toFloatArray());
    assertArrayEquals(new float[4], pass.outputs().select(1, 4).toFloatArray());
    assertEquals(4, pass.routing().metrics().tokens());
    assertEquals(8, pass.routing().routedRows());
  }

  @Test
  void withoutDroppingEveryChoiceIsServed() {
    MoeInput input = MoeInput.of(random(DType.F32, 10, 2, 12, 6));
    for (int k = 1; k <= 3; k++) {
      GatingOptions options =
          GatingOptions.builder()
              .router(Router.topK(k))
              .secondChoice(SecondChoice.all())
              .capacity(Capacity.largestLoad())
              .build();
      MoePass pass = layer(weights(DType.F32, 6, 8, 4), options).forward(input, SEEDED);
      assertEquals(24L * k, pass.routing().routedRows());
    }
    GatingOptions choosing = GatingOptions.builder().router(Router.expertChoice()).build();
    MoePass pass = layer(weights(DType.F32, 6, 8, 4), choosing).forward(input, SEEDED);
    assertEquals(2 * 4 * 6L, pass.routing().routedRows());
  }

  @Test
  void bf16IsRoutedByF32Logits() {
    MoePass pass =
        layer(weights(DType.BF16, 6, 8, 4), ALL)
            .forward(MoeInput.of(random(DType.BF16, 12, 1, 8, 6)), SEEDED);
    assertEquals(DType.F32, pass.activations().logits().dtype());
    assertEquals(DType.BF16, pass.outputs().dtype());
  }

  @Test
  void stepsTellTheirWork() {
    MoePass pass =
        layer(weights(DType.F32, 6, 10, 4), ALL)
            .forward(MoeInput.of(random(DType.F32, 13, 2, 8, 6)), SEEDED);
    assertEquals(5, pass.steps().size());
    MoeSizes sizes = new MoeSizes(2, 8, 4, 4, 6, 10);
    assertEquals(sizes, pass.sizes());
    assertEquals(2.0 * 2 * 8 * 6 * 4, MoeStep.GATES.flops(sizes, 30));
    assertEquals(2.0 * 4 * 2 * 4 * 6 * 10, MoeStep.HIDDEN.flops(sizes, 30));
    assertEquals(0, MoeStep.DISPATCH.flops(sizes, 30));
    assertEquals(2.0 * 2 * 8 * 4 * 4 * 6, MoeStep.DISPATCH.denseFlops(sizes));
    assertEquals(2.0 * 30 * 6, MoeStep.COMBINE.flops(sizes, 30));
    assertEquals(30.0 * 6 + 2 * 8 * 6, MoeStep.COMBINE.elementsMoved(sizes, 30));
    for (MoeStepTime time : pass.steps()) {
      assertTrue(time.nanos() > 0);
      assertTrue(time.bytes() > 0);
    }
  }

  @Test
  void noTokenIsLegal() {
    MoeLayer layer = layer(weights(DType.F32, 6, 8, 4), ALL);
    assertEquals(
        0, layer.forward(MoeInput.of(Tensor.zeros(DType.F32, 0, 8, 6)), SEEDED).outputs().size(0));
    assertEquals(
        0, layer.forward(MoeInput.of(Tensor.zeros(DType.F32, 2, 0, 6)), SEEDED).outputs().size(1));
  }

  @Test
  void whatDoesNotFitIsAnErrorThatSaysWhatDoes() {
    MoeLayer layer = layer(weights(DType.F32, 6, 8, 4), ALL);
    assertTrue(
        messageOf(() -> layer.forward(MoeInput.of(Tensor.zeros(DType.F32, 1, 2, 5)), SEEDED))
            .contains("f32[G, S, 6]"));
    assertTrue(
        messageOf(() -> layer.forward(MoeInput.of(Tensor.zeros(DType.F64, 1, 2, 6)), SEEDED))
            .contains("f64"));
    assertTrue(messageOf(() -> MoeInput.of(Tensor.zeros(DType.F32, 2, 6))).contains("[G, S, M]"));
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
