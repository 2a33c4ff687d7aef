package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plans whose tensors are bound when they run, plans with repeats, and tiles of several devices.
 */
class PlanContractTest {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));
  private static final Mesh MESH = Mesh.of("x", 4, "y", 3);
  private static final Collective SUM = new Collective.AllReduce(Reduction.SUM, "x");

  private static List<InProcessCluster> clusters() {
    return InProcessCluster.all().toList();
  }

  private static List<Tensor> full(Collectives collectives, double value) {
    return collectives.devices().stream().map(_ -> Tensor.full(DType.F64, value, 3)).toList();
  }

  private static void assertAll(double expected, List<Tensor> tensors) {
    tensors.forEach(tensor -> assertEquals(expected, tensor.getDouble(2)));
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void suppliedTensorsMayDifferFromRunToRun(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          AtomicReference<List<Tensor>> x = new AtomicReference<>(full(collectives, 1));
          AtomicReference<List<Tensor>> out = new AtomicReference<>(full(collectives, 0));
          Plan plan = collectives.plan("bound").communicate(SUM, x::get, out::get).build();
          plan.run();
          List<Tensor> first = out.get();
          x.set(full(collectives, 5));
          out.set(full(collectives, 0));
          plan.run();
          assertAll(4, first);
          assertAll(20, out.get());
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aRepeatRunsItsStepsInOrderRoundAfterRound(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> sum = full(collectives, 0);
          List<Tensor> round = full(collectives, 0);
          int[] inner = new int[collectives.devices().size()];
          Plan plan =
              collectives
                  .plan("rounds")
                  .repeat(
                      "outer",
                      3,
                      (outer, now) ->
                          outer
                              .compute(
                                  "round",
                                  (index, _) ->
                                      round
                                          .get(index)
                                          .assign(Tensor.full(DType.F64, now.getAsInt(), 3)))
                              .communicate(SUM, round, round)
                              .repeat(
                                  "inner",
                                  2,
                                  (body, _) -> body.compute("count", (index, _) -> inner[index]++))
                              .compute(
                                  "add",
                                  (index, _) ->
                                      sum.get(index)
                                          .assign(
                                              Tensor.full(
                                                  DType.F64,
                                                  10 * sum.get(index).getDouble(0)
                                                      + round.get(index).getDouble(0),
                                                  3))))
                  .build();
          plan.run();
          // Rounds 0, 1, 2 over four devices: 0, 4, 8.
          assertAll(48, sum);
          assertEquals(
              List.of(6), Arrays.stream(inner).distinct().boxed().toList(), plan.toString());
          assertEquals(
              List.of("round", SUM.toString(), "inner", "add"),
              plan.steps().getFirst().body().stream().map(Plan.Step::name).toList());
          assertEquals(3, plan.steps().getFirst().rounds());
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void suppliersOfARepeatSeeTheRound(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> sequences =
              collectives.devices().stream()
                  .map(device -> Tensor.of(new double[] {device, 1, 2, 3}, 4, 1))
                  .toList();
          List<Tensor> sums =
              sequences.stream().map(s -> Tensor.zeros(DType.F64, s.shape())).toList();
          collectives
              .plan("sequence")
              .repeat(
                  "scan",
                  4,
                  (body, round) ->
                      body.communicate(
                          new Collective.AllReduce(Reduction.SUM, "x", "y"),
                          () -> rows(sequences, round.getAsInt()),
                          () -> rows(sums, round.getAsInt())))
              .build()
              .run();
          for (Tensor sum : sums) {
            assertEquals(66, sum.getDouble(0, 0));
            assertEquals(36, sum.getDouble(3, 0));
          }
        });
  }

  private static List<Tensor> rows(List<Tensor> tensors, int row) {
    return tensors.stream().map(tensor -> tensor.slice(0, row, row + 1)).toList();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void theBuilderOfABodyEndsWithIt(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Plan.Builder> bodies = new ArrayList<>();
          Plan.Builder builder =
              collectives.plan("p").repeat("none", 0, (body, _) -> bodies.add(body));
          assertThrows(
              IllegalStateException.class, () -> bodies.getFirst().compute("late", (_, _) -> {}));
          assertThrows(IllegalStateException.class, () -> bodies.getFirst().build());
          assertThrows(
              IllegalArgumentException.class, () -> builder.repeat("less", -1, (_, _) -> {}));
          builder.build().run();
        });
  }

  /**
   * A value along x that every device of a row of y holds: one tensor for each process and part, as
   * operand and result of groups side by side. Of three processes the groups lie in different ways.
   */
  @ParameterizedTest
  @MethodSource("clusters")
  void devicesThatHoldATileTogetherBringOneTensor(InProcessCluster cluster) throws Exception {
    for (Mesh mesh : List.of(MESH, Mesh.of("y", 3, "x", 4), MESH.withDevices(shuffled()))) {
      cluster.run(mesh, OPTIONS, PlanContractTest::reduceTiles);
    }
  }

  private static int[] shuffled() {
    return new int[] {5, 0, 7, 11, 2, 9, 1, 10, 3, 8, 6, 4};
  }

  private static void reduceTiles(Collectives collectives) {
    DeviceGroups along = collectives.mesh().groups("x");
    List<Tensor> tiles =
        IntStream.range(0, 4).mapToObj(part -> Tensor.full(DType.F64, 1 << part, 3)).toList();
    List<Tensor> x =
        collectives.devices().stream().map(device -> tiles.get(along.memberOf(device))).toList();
    for (int run = 0; run < 2; run++) {
      // In place, the second time of the sums of the first.
      collectives.runInto(SUM, x, x);
      assertAll(run == 0 ? 15 : 60, x);
    }
    Cut chunks = Cut.chunks(5, 4);
    List<Tensor> parts =
        IntStream.range(0, 4)
            .mapToObj(part -> Tensor.full(DType.F64, part, chunks.length(part), 2))
            .toList();
    List<Tensor> wholes = parts.stream().map(_ -> Tensor.zeros(DType.F64, 5, 2)).toList();
    Plan plan =
        collectives
            .plan("tiles")
            .communicate(
                new Collective.AllGather(0, "x"),
                collectives.devices().stream().map(d -> parts.get(along.memberOf(d))).toList(),
                collectives.devices().stream().map(d -> wholes.get(along.memberOf(d))).toList())
            .build();
    plan.run();
    for (int device : collectives.devices()) {
      Tensor whole = wholes.get(along.memberOf(device));
      for (int row = 0; row < 5; row++) {
        int part = row / 2;
        assertEquals(part, whole.getDouble(row, 1));
      }
    }
  }
}
