package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatingTest {
  private static final Randomness SEEDED = Randomness.seeded(1);

  private static Tensor row(double... logits) {
    return Tensor.of(logits, 1, 1, logits.length);
  }

  private static String messageOf(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private static Routing route(GatingInput input, GatingOptions options) {
    return Gating.route(input, options, SEEDED, Workers.sequential());
  }

  @Test
  void aMaskedExpertIsNoChoiceAndTakesNoSlot() {
    for (double masked : new double[] {Double.NEGATIVE_INFINITY, -1e9}) {
      Tensor logits = Tensor.of(new double[] {0, masked, 0, 0}, 1, 2, 2);
      GatingOptions.Builder one = GatingOptions.builder().capacity(Capacity.fixed(1));
      GatingOptions random = one.build();
      GatingOptions all = one.secondChoice(SecondChoice.all()).build();
      for (GatingOptions options : List.of(random, all)) {
        Routing routing =
            Gating.route(logits, options, Randomness.given(Tensor.zeros(DType.F64, 1, 2)));
        assertArrayEquals(new long[] {0, -1, 0, 1}, routing.choices().toLongArray());
        assertArrayEquals(new long[] {2, 1}, routing.metrics().load().toLongArray());
        assertArrayEquals(new double[] {1, 0, 0, 0.5}, routing.combine().toDense().toDoubleArray());
        assertEquals(1, routing.metrics().overflow());
      }
    }
  }

  @Test
  void aTokenWithoutAGateChoosesNoExpert() {
    GatingOptions all = GatingOptions.builder().secondChoice(SecondChoice.all()).build();
    Routing routing = route(GatingInput.gates(row(0, 0, 0)), all);
    assertArrayEquals(new long[] {-1, -1}, routing.choices().toLongArray());
    assertArrayEquals(new long[] {0, 0, 0}, routing.metrics().firstChoices().toLongArray());
    assertEquals(1, routing.metrics().tokensDropped());
  }

  @Test
  void anExpertTakesNoTokenThatMayNotHaveIt() {
    GatingOptions choosing =
        GatingOptions.builder().router(Router.expertChoice()).capacity(Capacity.fixed(2)).build();
    Routing routing =
        route(GatingInput.gates(Tensor.of(new double[] {0, 1, 2, 0}, 1, 2, 2)), choosing);
    assertArrayEquals(new long[] {1, 0}, routing.choices().toLongArray());
    assertArrayEquals(new long[] {1, 1}, routing.metrics().load().toLongArray());
  }

  @Test
  void aWeightThatRoundsToZeroInItsDtypeIsNoDispatch() {
    GatingOptions all = GatingOptions.builder().secondChoice(SecondChoice.all()).build();
    Tensor logits = row(0, -200);
    assertEquals(2, Gating.route(logits, all, SEEDED).routedRows());
    assertEquals(1, Gating.route(logits.convert(DType.F32), all, SEEDED).routedRows());
    assertEquals(1, Gating.route(logits.convert(DType.BF16), all, SEEDED).routedRows());
  }

  @Test
  void weightsHaveTheDtypeOfTheScores() {
    for (DType dtype : new DType[] {DType.F64, DType.F32, DType.BF16}) {
      Routing routing = Gating.route(row(1, 2, 3).convert(dtype), GatingOptions.paper(), SEEDED);
      assertEquals(dtype, routing.combine().dtype());
      assertEquals(dtype, routing.dispatch().dtype());
    }
  }

  @Test
  void aLogitOfMinusInfinityIsAnExpertThatTheTokenMayNotHave() {
    Routing routing =
        Gating.route(row(Double.NEGATIVE_INFINITY, 0, 1), GatingOptions.paper(), SEEDED);
    assertArrayEquals(new long[] {2, 1}, routing.choices().toLongArray());
  }

  @Test
  void gatesNeedNotSumToOneAndHaveNoZLoss() {
    GatingOptions all =
        GatingOptions.builder()
            .secondChoice(SecondChoice.all())
            .normalization(Normalization.NONE)
            .build();
    Routing routing = route(GatingInput.gates(row(0.9, 0.8, 0.1)), all);
    assertArrayEquals(new double[] {0.9, 0.8}, routing.combine().weights().toDoubleArray());
    assertFalse(routing.metrics().zLoss().isPresent());
  }

  @Test
  void softmaxOfLogitsAndGivenGatesRouteAlike() {
    double[] gates = DenseGating.softmax(new double[] {0.3, 1, -2, 0.9});
    Routing fromLogits = Gating.route(row(0.3, 1, -2, 0.9), GatingOptions.paper(), SEEDED);
    Routing fromGates = route(GatingInput.gates(row(gates)), GatingOptions.paper());
    assertArrayEquals(
        fromLogits.combine().toDense().toDoubleArray(),
        fromGates.combine().toDense().toDoubleArray());
  }

  @Test
  void topOneUsesTheGateItselfAsWeight() {
    Routing routing = Gating.route(row(0, 0), GatingOptions.switchTransformer(1.25), SEEDED);
    assertArrayEquals(new double[] {0.5}, routing.combine().weights().toDoubleArray());
  }

  @Test
  void withoutASecondChoiceItsGateStillCountsInTheNormalisation() {
    GatingOptions none = GatingOptions.builder().secondChoice(SecondChoice.none()).build();
    Routing routing = Gating.route(row(0, 0, -1), none, SEEDED);
    assertArrayEquals(new double[] {0.5, 0}, routing.combine().weights().toDoubleArray());
    assertArrayEquals(new long[] {1, 0, 0}, routing.metrics().load().toLongArray());
  }

  @Test
  void samplingFollowsTheGates() {
    GatingOptions sample = GatingOptions.builder().secondChoice(SecondChoice.sample()).build();
    int tokens = 20_000;
    double[] logits = new double[tokens * 3];
    for (int i = 0; i < tokens; i++) {
      logits[i * 3] = 9;
      logits[i * 3 + 1] = StrictMath.log(3);
    }
    Tensor perToken = Tensor.of(logits, 1, tokens, 3);
    double share = secondShare(Gating.route(perToken, sample, SEEDED), tokens);
    assertEquals(0.75, share, 0.012);
    double[] uniform = new java.util.Random(4).doubles(tokens * 3L).toArray();
    Randomness gumbel = Randomness.given(Tensor.of(uniform, 1, tokens, 3));
    assertEquals(0.75, secondShare(Gating.route(perToken, sample, gumbel), tokens), 0.012);
  }

  private static double secondShare(Routing routing, int tokens) {
    return routing.metrics().load().getDouble(0, 1) / tokens;
  }

  @Test
  void randomSecondChoicesAreTakenInProportion() {
    int tokens = 20_000;
    double[] logits = new double[tokens * 2];
    for (int i = 0; i < tokens; i++) {
      logits[i * 2] = StrictMath.log(4);
    }
    Routing routing = Gating.route(Tensor.of(logits, 1, tokens, 2), GatingOptions.paper(), SEEDED);
    double taken = routing.metrics().expertsUsed().getDouble(0, 0);
    assertTrue(taken >= 1);
    assertEquals(1.4, routing.routedRows() / (double) tokens, 0.012);
  }

  @Test
  void paddingTakesNoSlotAndIsCountedNowhere() {
    Tensor logits = Tensor.of(new double[] {Double.NaN, 7, 3, 0, 2, 0}, 1, 3, 2);
    GatingInput input =
        GatingInput.logits(logits).withNonPadding(Tensor.ofBool(new byte[] {0, 1, 1}, 1, 3));
    GatingOptions options =
        GatingOptions.builder().zLoss(MaskedMean.OVER_REAL).capacity(Capacity.fixed(2)).build();
    Routing routing = route(input, options);
    GatingMetrics metrics = routing.metrics();
    assertEquals(2, metrics.tokens());
    assertArrayEquals(new long[] {2, 0}, metrics.firstChoices().toLongArray());
    assertArrayEquals(new long[] {-1, -1}, routing.choices().select(1, 0).toLongArray());
    assertEquals(0, routing.combine().positions().getLong(0, 1, 0));
    double z = (square(logSumExp(3, 0)) + square(logSumExp(2, 0))) / 2;
    assertEquals(z, metrics.zLoss().orElseThrow(), 1e-12);
  }

  private static double square(double x) {
    return x * x;
  }

  private static double logSumExp(double a, double b) {
    return Math.log(Math.exp(a) + Math.exp(b));
  }

  @Test
  void aGroupOfPaddingAloneHasNoLoss() {
    for (MaskedMean mean : new MaskedMean[] {MaskedMean.OVER_GROUP, MaskedMean.OVER_REAL}) {
      GatingOptions options =
          GatingOptions.builder().auxLoss(AuxLoss.paper().mean(mean)).zLoss(mean).build();
      Tensor nothing = Tensor.zeros(DType.F32, 1, 4);
      Routing routing =
          route(
              GatingInput.logits(Tensor.zeros(DType.F32, 1, 4, 3)).withNonPadding(nothing),
              options);
      assertEquals(0, routing.metrics().meanAuxLoss());
      assertEquals(0, routing.metrics().zLoss().orElseThrow());
      assertEquals(0, routing.metrics().tokensDropped());
    }
  }

  @Test
  void noGroupAndNoTokenAreLegal() {
    for (long[] shape : new long[][] {{0, 4, 3}, {2, 0, 3}}) {
      Routing routing = Gating.route(Tensor.zeros(DType.F32, shape), GatingOptions.paper(), SEEDED);
      assertEquals(0, routing.routedRows());
      assertEquals(0, routing.metrics().meanAuxLoss());
    }
  }

  @Test
  void stridedLogitsRouteAsTheirCopyDoes() {
    Tensor logits =
        Tensor.of(new java.util.Random(2).doubles(60).toArray(), 3, 5, 4).transpose(2, 1, 0);
    GatingOptions options = GatingOptions.paper();
    assertArrayEquals(
        Gating.route(logits.copy(), options, SEEDED).combine().toDense().toDoubleArray(),
        Gating.route(logits, options, SEEDED).combine().toDense().toDoubleArray());
  }

  @Test
  void badScoresAreErrorsThatNameTheirPlace() {
    GatingOptions paper = GatingOptions.paper();
    assertTrue(
        messageOf(() -> Gating.route(row(1, Double.NaN, 0), paper, SEEDED)).contains("[0, 0, 1]"));
    assertTrue(
        messageOf(() -> Gating.route(row(1, Double.POSITIVE_INFINITY), paper, SEEDED))
            .contains("Infinity"));
    double none = Double.NEGATIVE_INFINITY;
    assertTrue(
        messageOf(() -> Gating.route(row(none, none), paper, SEEDED)).contains("one finite"));
    assertTrue(messageOf(() -> route(GatingInput.gates(row(0.5, -0.5)), paper)).contains("-0.5"));
    assertTrue(messageOf(() -> Gating.route(row(1), paper, SEEDED)).contains("got 1 for top-2"));
  }

  @Test
  void badShapesAndDtypesAreErrors() {
    Tensor logits = Tensor.zeros(DType.F32, 2, 3, 4);
    assertTrue(
        messageOf(() -> GatingInput.logits(Tensor.zeros(DType.F32, 2, 3))).contains("[G, S, E]"));
    assertTrue(
        messageOf(() -> GatingInput.logits(Tensor.zeros(DType.I32, 2, 3, 4))).contains("i32"));
    assertTrue(
        messageOf(() -> GatingInput.logits(logits).withNonPadding(Tensor.zeros(DType.BOOL, 3, 2)))
            .contains("[2, 3]"));
    GatingOptions paper = GatingOptions.paper();
    Randomness short1 = Randomness.given(Tensor.zeros(DType.F64, 2, 2));
    assertTrue(messageOf(() -> Gating.route(logits, paper, short1)).contains("[2, 3]"));
    Randomness one = Randomness.given(Tensor.full(DType.F64, 1, 2, 3));
    assertTrue(messageOf(() -> Gating.route(logits, paper, one)).contains("[0, 1)"));
  }

  @Test
  void contradictingOptionsAreErrors() {
    GatingOptions.Builder top3 =
        GatingOptions.builder().router(Router.topK(3)).secondChoice(SecondChoice.none());
    assertTrue(messageOf(top3::build).contains("top-3"));
    GatingOptions.Builder choosing = GatingOptions.builder().router(Router.expertChoice());
    assertTrue(
        messageOf(choosing.normalization(Normalization.BEFORE_DROPPING)::build)
            .contains("BEFORE_DROPPING"));
    assertTrue(
        messageOf(
                GatingOptions.builder()
                        .router(Router.expertChoice())
                        .capacity(Capacity.largestLoad())
                    ::build)
            .contains("largest load"));
    assertTrue(messageOf(() -> Router.topK(0)).contains("at least 1"));
    assertTrue(messageOf(() -> SecondChoice.random(0)).contains("above 0"));
    assertTrue(messageOf(() -> SecondChoice.threshold(1.5)).contains("[0, 1]"));
    assertTrue(messageOf(GatingOptions.builder().normalizationEpsilon(-1)::build).contains("-1.0"));
  }

  @Test
  void aBuilderFromOptionsGivesEqualOptions() {
    GatingOptions options =
        GatingOptions.builder()
            .secondChoice(SecondChoice.threshold(0.25))
            .normalization(Normalization.AFTER_DROPPING)
            .normalizationEpsilon(1e-9)
            .rejectedKeepsSlot(false)
            .slotOrder(SlotOrder.TOKEN_MAJOR)
            .auxLoss(AuxLoss.squaredExperts().mean(MaskedMean.OVER_REAL))
            .zLoss(MaskedMean.OVER_GROUP)
            .capacity(Capacity.factor(2).atLeast(4))
            .build();
    assertEquals(options, options.toBuilder().build());
  }
}
