package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTest {
  private static final Randomness SEEDED = Randomness.seeded(1);

  private static Tensor row(double... logits) {
    return Tensor.of(logits, 1, 1, logits.length);
  }

  private static String messageOf(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private static Route route(RouteInput<Tensor> input, RouteOptions options) {
    return Route.of(input, options, SEEDED, Workers.sequential());
  }

  @Test
  void aMaskedExpertIsNoChoiceAndTakesNoSlot() {
    for (double masked : new double[] {Double.NEGATIVE_INFINITY, -1e9}) {
      Tensor logits = Tensor.of(new double[] {0, masked, 0, 0}, 1, 2, 2);
      RouteOptions.Builder one = RouteOptions.builder().capacity(Capacity.fixed(1));
      RouteOptions random = one.build();
      RouteOptions all = one.secondChoice(SecondChoice.all()).build();
      for (RouteOptions options : List.of(random, all)) {
        Route route =
            route(RouteInput.logits(logits).withUniform(Tensor.zeros(DType.F64, 1, 2)), options);
        assertArrayEquals(new long[] {0, -1, 0, 1}, route.choices().toLongArray());
        assertArrayEquals(new long[] {2, 1}, route.metrics().load().toLongArray());
        assertArrayEquals(new double[] {1, 0, 0, 0.5}, route.combine().toDense().toDoubleArray());
        assertEquals(1, route.metrics().overflow());
      }
    }
  }

  @Test
  void aTokenWithoutAGateChoosesNoExpert() {
    RouteOptions all = RouteOptions.builder().secondChoice(SecondChoice.all()).build();
    Route route = route(RouteInput.gates(row(0, 0, 0)), all);
    assertArrayEquals(new long[] {-1, -1}, route.choices().toLongArray());
    assertArrayEquals(new long[] {0, 0, 0}, route.metrics().firstChoices().toLongArray());
    assertEquals(1, route.metrics().tokensDropped());
  }

  @Test
  void anExpertTakesNoTokenThatMayNotHaveIt() {
    RouteOptions choosing =
        RouteOptions.builder().router(Router.expertChoice()).capacity(Capacity.fixed(2)).build();
    Route route = route(RouteInput.gates(Tensor.of(new double[] {0, 1, 2, 0}, 1, 2, 2)), choosing);
    assertArrayEquals(new long[] {1, 0}, route.choices().toLongArray());
    assertArrayEquals(new long[] {1, 1}, route.metrics().load().toLongArray());
  }

  @Test
  void aWeightThatRoundsToZeroInItsDtypeIsNoDispatch() {
    RouteOptions all = RouteOptions.builder().secondChoice(SecondChoice.all()).build();
    Tensor logits = row(0, -200);
    assertEquals(2, Route.of(logits, all, SEEDED).routedRows());
    assertEquals(1, Route.of(logits.convert(DType.F32), all, SEEDED).routedRows());
    assertEquals(1, Route.of(logits.convert(DType.BF16), all, SEEDED).routedRows());
  }

  @Test
  void weightsHaveTheDtypeOfTheScores() {
    for (DType dtype : new DType[] {DType.F64, DType.F32, DType.BF16}) {
      Route route = Route.of(row(1, 2, 3).convert(dtype), RouteOptions.paper(), SEEDED);
      assertEquals(dtype, route.combine().dtype());
      assertEquals(dtype, route.dispatch().dtype());
    }
  }

  @Test
  void aLogitOfMinusInfinityIsAnExpertThatTheTokenMayNotHave() {
    Route route = Route.of(row(Double.NEGATIVE_INFINITY, 0, 1), RouteOptions.paper(), SEEDED);
    assertArrayEquals(new long[] {2, 1}, route.choices().toLongArray());
  }

  @Test
  void gatesNeedNotSumToOneAndHaveNoZLoss() {
    RouteOptions all =
        RouteOptions.builder()
            .secondChoice(SecondChoice.all())
            .normalization(Normalization.NONE)
            .build();
    Route route = route(RouteInput.gates(row(0.9, 0.8, 0.1)), all);
    assertArrayEquals(new double[] {0.9, 0.8}, route.combine().weights().toDoubleArray());
    assertFalse(route.metrics().zLoss().isPresent());
  }

  @Test
  void softmaxOfLogitsAndGivenGatesRouteAlike() {
    double[] gates = RouteDefinition.softmax(new double[] {0.3, 1, -2, 0.9});
    Route fromLogits = Route.of(row(0.3, 1, -2, 0.9), RouteOptions.paper(), SEEDED);
    Route fromGates = route(RouteInput.gates(row(gates)), RouteOptions.paper());
    assertArrayEquals(
        fromLogits.combine().toDense().toDoubleArray(),
        fromGates.combine().toDense().toDoubleArray());
  }

  @Test
  void topOneUsesTheGateItselfAsWeight() {
    Route route = Route.of(row(0, 0), RouteOptions.switchTransformer(1.25), SEEDED);
    assertArrayEquals(new double[] {0.5}, route.combine().weights().toDoubleArray());
  }

  @Test
  void withoutASecondChoiceItsGateStillCountsInTheNormalisation() {
    RouteOptions none = RouteOptions.builder().secondChoice(SecondChoice.none()).build();
    Route route = Route.of(row(0, 0, -1), none, SEEDED);
    assertArrayEquals(new double[] {0.5, 0}, route.combine().weights().toDoubleArray());
    assertArrayEquals(new long[] {1, 1, 0}, route.metrics().load().toLongArray());
    RouteOptions free = none.toBuilder().rejectedKeepsSlot(false).build();
    long[] load = Route.of(row(0, 0, -1), free, SEEDED).metrics().load().toLongArray();
    assertArrayEquals(new long[] {1, 0, 0}, load);
  }

  @Test
  void samplingFollowsTheGates() {
    RouteOptions sample = RouteOptions.builder().secondChoice(SecondChoice.sample()).build();
    int tokens = 20_000;
    double[] logits = new double[tokens * 3];
    for (int i = 0; i < tokens; i++) {
      logits[i * 3] = 9;
      logits[i * 3 + 1] = StrictMath.log(3);
    }
    Tensor perToken = Tensor.of(logits, 1, tokens, 3);
    double share = secondShare(Route.of(perToken, sample, SEEDED), tokens);
    assertEquals(0.75, share, 0.012);
    double[] uniform = new java.util.Random(4).doubles(tokens * 3L).toArray();
    RouteInput<Tensor> gumbel =
        RouteInput.logits(perToken).withUniform(Tensor.of(uniform, 1, tokens, 3));
    assertEquals(0.75, secondShare(route(gumbel, sample), tokens), 0.012);
  }

  private static double secondShare(Route route, int tokens) {
    return route.metrics().load().getDouble(0, 1) / tokens;
  }

  @Test
  void randomSecondChoicesAreTakenInProportion() {
    int tokens = 20_000;
    double[] logits = new double[tokens * 2];
    for (int i = 0; i < tokens; i++) {
      logits[i * 2] = StrictMath.log(4);
    }
    Route route = Route.of(Tensor.of(logits, 1, tokens, 2), RouteOptions.paper(), SEEDED);
    double taken = route.metrics().expertsUsed().getDouble(0, 0);
    assertTrue(taken >= 1);
    assertEquals(1.4, route.routedRows() / (double) tokens, 0.012);
  }

  @Test
  void paddingTakesNoSlotAndIsCountedNowhere() {
    Tensor logits = Tensor.of(new double[] {Double.NaN, 7, 3, 0, 2, 0}, 1, 3, 2);
    RouteInput<Tensor> input =
        RouteInput.logits(logits).withNonPadding(Tensor.ofBool(new byte[] {0, 1, 1}, 1, 3));
    RouteOptions options =
        RouteOptions.builder().zLoss(MaskedMean.OVER_REAL).capacity(Capacity.fixed(2)).build();
    Route route = route(input, options);
    RouteMetrics metrics = route.metrics();
    assertEquals(2, metrics.tokens());
    assertArrayEquals(new long[] {2, 0}, metrics.firstChoices().toLongArray());
    assertArrayEquals(new long[] {-1, -1}, route.choices().select(1, 0).toLongArray());
    assertEquals(0, route.combine().positions().getLong(0, 1, 0));
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
      RouteOptions options =
          RouteOptions.builder().auxLoss(AuxLoss.paper().mean(mean)).zLoss(mean).build();
      Tensor nothing = Tensor.zeros(DType.F32, 1, 4);
      Route route =
          route(
              RouteInput.logits(Tensor.zeros(DType.F32, 1, 4, 3)).withNonPadding(nothing), options);
      assertEquals(0, route.metrics().meanAuxLoss());
      assertEquals(0, route.metrics().zLoss().orElseThrow());
      assertEquals(0, route.metrics().tokensDropped());
    }
  }

  @Test
  void noGroupAndNoTokenAreLegal() {
    for (long[] shape : new long[][] {{0, 4, 3}, {2, 0, 3}}) {
      Route route = Route.of(Tensor.zeros(DType.F32, shape), RouteOptions.paper(), SEEDED);
      assertEquals(0, route.routedRows());
      assertEquals(0, route.metrics().meanAuxLoss());
    }
  }

  @Test
  void stridedLogitsRouteAsTheirCopyDoes() {
    Tensor logits =
        Tensor.of(new java.util.Random(2).doubles(60).toArray(), 3, 5, 4).transpose(2, 1, 0);
    RouteOptions options = RouteOptions.paper();
    assertArrayEquals(
        Route.of(logits.copy(), options, SEEDED).combine().toDense().toDoubleArray(),
        Route.of(logits, options, SEEDED).combine().toDense().toDoubleArray());
  }

  @Test
  void badScoresAreErrorsThatNameTheirPlace() {
    RouteOptions paper = RouteOptions.paper();
    assertTrue(
        messageOf(() -> Route.of(row(1, Double.NaN, 0), paper, SEEDED)).contains("[0, 0, 1]"));
    assertTrue(
        messageOf(() -> Route.of(row(1, Double.POSITIVE_INFINITY), paper, SEEDED))
            .contains("Infinity"));
    double none = Double.NEGATIVE_INFINITY;
    assertTrue(
        messageOf(() -> Route.of(row(none, none), paper, SEEDED))
            .contains("finite for one expert"));
    assertTrue(messageOf(() -> route(RouteInput.gates(row(0.5, -0.5)), paper)).contains("-0.5"));
    assertTrue(messageOf(() -> Route.of(row(1), paper, SEEDED)).contains("got 1 for top-2"));
  }

  @Test
  void badShapesAndDtypesAreErrors() {
    Tensor logits = Tensor.zeros(DType.F32, 2, 3, 4);
    assertTrue(
        messageOf(() -> RouteInput.logits(Tensor.zeros(DType.F32, 2, 3))).contains("[G, S, E]"));
    assertTrue(
        messageOf(() -> RouteInput.logits(Tensor.zeros(DType.I32, 2, 3, 4))).contains("i32"));
    assertTrue(
        messageOf(() -> RouteInput.logits(logits).withNonPadding(Tensor.zeros(DType.BOOL, 3, 2)))
            .contains("[2, 3]"));
    RouteOptions paper = RouteOptions.paper();
    RouteInput<Tensor> input = RouteInput.logits(logits);
    assertTrue(
        messageOf(() -> input.withUniform(Tensor.zeros(DType.F64, 2, 2))).contains("[2, 3]"));
    RouteInput<Tensor> each = input.withUniform(Tensor.zeros(DType.F64, 2, 3, 4));
    assertTrue(messageOf(() -> route(each, paper)).contains("[G, S] = [2, 3]"));
    RouteInput<Tensor> ones = input.withUniform(Tensor.full(DType.F64, 1, 2, 3));
    assertTrue(messageOf(() -> route(ones, paper)).contains("[0, 1)"));
  }

  @Test
  void contradictingOptionsAreErrors() {
    RouteOptions.Builder top3 =
        RouteOptions.builder().router(Router.topK(3)).secondChoice(SecondChoice.none());
    assertTrue(messageOf(top3::build).contains("got top3"));
    RouteOptions.Builder choosing = RouteOptions.builder().router(Router.expertChoice());
    assertTrue(
        messageOf(choosing.normalization(Normalization.BEFORE_DROPPING)::build)
            .contains("got before"));
    assertTrue(
        messageOf(
                RouteOptions.builder()
                        .router(Router.expertChoice())
                        .capacity(Capacity.largestLoad())
                    ::build)
            .contains("largest load"));
    assertTrue(messageOf(() -> Router.topK(0)).contains("at least 1"));
    assertTrue(messageOf(() -> SecondChoice.random(0)).contains("above 0"));
    assertTrue(messageOf(() -> SecondChoice.threshold(1.5)).contains("[0, 1]"));
    assertTrue(messageOf(RouteOptions.builder().normalizationEpsilon(-1)::build).contains("-1.0"));
  }

  @Test
  void aBuilderFromOptionsGivesEqualOptions() {
    RouteOptions options =
        RouteOptions.builder()
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
