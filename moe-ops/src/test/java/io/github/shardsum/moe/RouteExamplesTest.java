package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Worked cases whose expected numbers come from a NumPy model of each implementation. */
class RouteExamplesTest {
  private static final double WITHIN = 1e-12;

  @TestFactory
  Stream<DynamicTest> everyWorkedCase() throws Exception {
    try (InputStream file = getClass().getResourceAsStream("/route_examples.json")) {
      List<JsonNode> cases = list(new ObjectMapper().readTree(file).get("cases"));
      assertEquals(7, cases.size());
      return cases.stream()
          .map(
              example -> DynamicTest.dynamicTest(example.get("id").asString(), () -> run(example)));
    }
  }

  private static RouteOptions options(String mode, int capacity) {
    RouteOptions.Builder options = RouteOptions.builder().capacity(Capacity.fixed(capacity));
    AuxLoss squared = AuxLoss.squaredExperts();
    return switch (mode) {
      case "case1_overflow/token_major_before" ->
          options
              .secondChoice(SecondChoice.all())
              .slotOrder(SlotOrder.TOKEN_MAJOR)
              .auxLoss(squared.over(AuxLoss.Choices.ALL))
              .build();
      case "case1_overflow/bpr_before" ->
          options
              .secondChoice(SecondChoice.all())
              .slotOrder(SlotOrder.BATCH_PRIORITIZED)
              .auxLoss(squared)
              .build();
      case "case2_random_slot/paper_literal" -> options.build();
      case "case2_random_slot/paper_nonconsuming" -> options.rejectedKeepsSlot(false).build();
      case "case3_ties/all_before" -> options.secondChoice(SecondChoice.all()).build();
      case "case4_two_groups/all_after_E2" ->
          options
              .secondChoice(SecondChoice.all())
              .normalization(Normalization.AFTER_DROPPING)
              .auxLoss(squared)
              .build();
      case "case6_expert_choice" -> options.router(Router.expertChoice()).build();
      default -> throw new AssertionError("a case that this test does not know: " + mode);
    };
  }

  private static void run(JsonNode example) {
    int groups = example.get("G").asInt();
    int tokens = example.get("S").asInt();
    int experts = example.get("E").asInt();
    int capacity = example.get("C").asInt();
    double[] logits = numbers(example.get("logits"));
    RouteInput<Tensor> input = RouteInput.logits(Tensor.of(logits, groups, tokens, experts));
    Randomness randomness = Randomness.seeded(1);
    if (example.has("uniform")) {
      input = input.withUniform(Tensor.of(numbers(example.get("uniform")), groups, tokens));
    }
    RouteOptions options = options(example.get("id").asString(), capacity);
    Route route = Route.of(input, options, randomness, Workers.sequential());
    check(example.get("expected"), route);
    checkPrograms(example.get("expected"), input, options, randomness);
  }

  /** The composite by its kernel and by its decomposition, on two backends. */
  private static void checkPrograms(
      JsonNode expected, RouteInput<Tensor> input, RouteOptions options, Randomness randomness) {
    RouteCase route = RouteCase.of(input, options, randomness, DType.F64);
    LocalBackend local = LocalBackend.of(Workers.sequential());
    LocalBackend kernels = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    for (Backend backend : List.of(kernels, local, new ReferenceBackend())) {
      List<Tensor> results = route.run(backend);
      Tensor combine = results.get(0);
      Tensor[] slots = dense(expected, combine.shape());
      assertArrayEquals(slots[0].toDoubleArray(), combine.toDoubleArray(), WITHIN);
      assertArrayEquals(slots[1].toDoubleArray(), results.get(1).toDoubleArray());
      assertArrayEquals(
          numbers(expected.get("aux_loss_per_group")), results.get(2).toDoubleArray(), WITHIN);
      double squares = java.util.Arrays.stream(results.get(3).toDoubleArray()).sum();
      double tokens = (double) input.groups() * input.groupSize();
      assertEquals(expected.get("router_z_loss").asDouble(), squares / tokens, WITHIN);
    }
  }

  /** Combine weights and mask. */
  private static Tensor[] dense(JsonNode expected, Shape shape) {
    Tensor combine = Tensor.zeros(DType.F64, shape);
    Tensor mask = Tensor.zeros(DType.F64, shape);
    for (JsonNode row : list(expected.get("combine_sparse_gsec_weight"))) {
      double[] entry = numbers(row);
      long[] at = {(long) entry[0], (long) entry[1], (long) entry[2], (long) entry[3]};
      combine.set(entry[4], at);
      mask.set(1.0, at);
    }
    return new Tensor[] {combine, mask};
  }

  private static void check(JsonNode expected, Route route) {
    Tensor[] slots = dense(expected, route.combine().shape());
    assertArrayEquals(slots[0].toDoubleArray(), route.combine().toDense().toDoubleArray(), WITHIN);
    assertArrayEquals(slots[1].toDoubleArray(), route.dispatch().toDense().toDoubleArray());
    RouteMetrics metrics = route.metrics();
    assertEquals(expected.get("router_z_loss").asDouble(), metrics.zLoss().orElseThrow(), WITHIN);
    assertArrayEquals(
        numbers(expected.get("aux_loss_per_group")), metrics.auxLoss().toDoubleArray(), WITHIN);
    if (expected.has("aux_loss_mean_over_groups")) {
      assertEquals(
          expected.get("aux_loss_mean_over_groups").asDouble(), metrics.meanAuxLoss(), WITHIN);
      assertArrayEquals(
          numbers(expected.get("experts_used_per_token")), metrics.expertsUsed().toDoubleArray());
      checkStats(expected.get("stats_per_group"), metrics);
    }
  }

  private static void checkStats(JsonNode stats, RouteMetrics metrics) {
    for (int group = 0; group < stats.size(); group++) {
      JsonNode expected = stats.get(group);
      if (!expected.isNull()) {
        assertArrayEquals(
            numbers(expected.get("first_choice_counts")),
            metrics.firstChoices().select(0, group).toDoubleArray());
        assertArrayEquals(
            numbers(expected.get("final_counts")), metrics.load().select(0, group).toDoubleArray());
        assertArrayEquals(
            numbers(expected.get("mean_gates")),
            metrics.meanGates().select(0, group).toDoubleArray(),
            WITHIN);
      }
    }
  }

  private static List<JsonNode> list(JsonNode array) {
    return array.valueStream().toList();
  }

  /** All numbers of nested arrays, in order. */
  private static double[] numbers(JsonNode node) {
    if (node.isNumber()) {
      return new double[] {node.asDouble()};
    }
    return list(node).stream()
        .map(RouteExamplesTest::numbers)
        .flatMapToDouble(java.util.Arrays::stream)
        .toArray();
  }
}
