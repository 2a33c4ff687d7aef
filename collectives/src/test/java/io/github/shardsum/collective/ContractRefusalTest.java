package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every engine refuses before anything is sent; see {@link ContractTest} for how it runs. */
class ContractRefusalTest {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));

  private static List<InProcessCluster> clusters() {
    return InProcessCluster.all().toList();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void badOperandsAreRefusedBeforeAnythingIsDone(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          List<Tensor> x =
              collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, 5)).toList();
          for (Collective bad :
              List.of(
                  new Collective.AllReduce(Reduction.SUM, "z"),
                  new Collective.ReduceScatter(Reduction.SUM, 1, "x"),
                  new Collective.AllGather(2, "x"),
                  new Collective.AllGather(List.of("x"), 0, java.util.OptionalLong.of(5)),
                  new Collective.AllToAll(0, 0, "x"),
                  new Collective.Broadcast(12, "x"),
                  new Collective.Permute(List.of("x"), List.of(new Collective.Route(0, 12))),
                  new Collective.RaggedAllToAll("x"))) {
            assertThrows(
                IllegalArgumentException.class, () -> collectives.run(bad, x), bad.toString());
          }
          var sum = new Collective.AllReduce(Reduction.SUM, "x");
          assertThrows(IllegalArgumentException.class, () -> collectives.run(sum, List.of()));
          List<Tensor> wrong = x.stream().map(_ -> Tensor.zeros(DType.F64, 5)).toList();
          assertThrows(IllegalArgumentException.class, () -> collectives.runInto(sum, x, wrong));
          List<Tensor> readOnly = collectives.run(sum, x);
          assertThrows(IllegalArgumentException.class, () -> collectives.runInto(sum, x, readOnly));
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aResultThatOverlapsItselfIsRefused(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          List<Tensor> x =
              collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, 2, 3)).toList();
          List<Tensor> out =
              x.stream()
                  .map(
                      _ ->
                          Tensor.ofStrided(
                              DType.F32,
                              MemorySegment.ofArray(new float[4]),
                              0,
                              Shape.of(2, 3),
                              1,
                              1))
                  .toList();
          var sum = new Collective.AllReduce(Reduction.SUM, "x");
          var told =
              assertThrows(IllegalArgumentException.class, () -> collectives.runInto(sum, x, out));
          assertEquals(
              "all-reduce SUM over x: elements of the result must not overlap, got f32 [2, 3]"
                  + " of strides [1, 1], a broadcast or overlapping view; use a fresh tensor",
              told.getMessage());
          assertThrows(IllegalArgumentException.class, () -> collectives.startInto(sum, x, out));
          assertThrows(
              IllegalArgumentException.class, () -> collectives.plan("p").communicate(sum, x, out));
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void memoryOutOfReachIsRefusedBeforeAnythingIsDone(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          var sum = new Collective.AllReduce(Reduction.SUM, "x");
          List<Tensor> heap = tensors(collectives, _ -> Tensor.zeros(DType.F32, 5));
          List<Tensor> closed;
          CollectivePlan plan;
          try (Arena shared = Arena.ofShared()) {
            closed = tensors(collectives, _ -> Tensor.allocate(shared, DType.F32, Shape.of(5)));
            plan = collectives.plan("p").communicate(sum, heap, closed).build();
            plan.run();
          }
          String operand =
              "all-reduce SUM over x: memory must be live, but the arena of the operand was closed";
          assertSays(IllegalStateException.class, operand, () -> collectives.run(sum, closed));
          String result = operand.replace("operand", "result");
          assertSays(
              IllegalStateException.class, result, () -> collectives.runInto(sum, heap, closed));
          assertSays(IllegalStateException.class, result, plan::run);
          try (Arena confined = Arena.ofConfined()) {
            List<Tensor> own =
                tensors(collectives, _ -> Tensor.allocate(confined, DType.F32, Shape.of(5)));
            assertSays(
                WrongThreadException.class,
                "all-reduce SUM over x: memory must be accessible by every thread, but the"
                    + " operand f32 [5] is in a confined arena; use Arena.ofShared()",
                () -> collectives.start(sum, own));
            assertThrows(WrongThreadException.class, () -> collectives.runInto(sum, heap, own));
          }
          // Nothing was begun: what comes next finds the others.
          assertEquals(0.0, collectives.run(sum, heap).getFirst().getDouble(4));
        });
  }

  private static List<Tensor> tensors(Collectives collectives, IntFunction<Tensor> made) {
    return collectives.devices().stream().map(made::apply).toList();
  }

  private static void assertSays(Class<? extends Exception> kind, String message, Executable call) {
    assertEquals(message, assertThrows(kind, call).getMessage());
  }

  @Test
  void everyDeviceWithMemoryOutOfReachIsTold() {
    Tensor closed;
    try (Arena arena = Arena.ofShared()) {
      closed = Tensor.allocate(arena, DType.F32, Shape.of(5));
    }
    try (Collectives collectives = Collectives.open(Mesh.of("x", 4))) {
      AtomicInteger told = new AtomicInteger();
      collectives.spmd(
          device -> {
            assertThrows(
                IllegalStateException.class, () -> device.allReduce(closed, Reduction.SUM, "x"));
            return told.incrementAndGet();
          });
      assertEquals(4, told.get());
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aPlanRefusesListsThatLackADevice(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          List<Tensor> x =
              collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, 5)).toList();
          List<Tensor> less = x.subList(1, x.size());
          var rows = new Collective.RaggedAllToAll("x");
          var sum = new Collective.AllReduce(Reduction.SUM, "x");
          for (List<Tensor> bad : List.of(less, List.<Tensor>of())) {
            var builder = collectives.plan("p");
            assertThrows(IllegalArgumentException.class, () -> builder.communicate(sum, bad, x));
            assertThrows(IllegalArgumentException.class, () -> builder.communicate(sum, x, bad));
            CollectivePlan operands =
                collectives.plan("p").communicate(rows, List::of, () -> bad, () -> x).build();
            assertThrows(IllegalArgumentException.class, operands::run);
            CollectivePlan results =
                collectives.plan("p").communicate(sum, () -> x, () -> bad).build();
            assertThrows(IllegalArgumentException.class, results::run);
          }
        });
  }

  @Test
  void aReduceScatterInAnyOrderIsRefused() {
    List<String> axes = List.of("x");
    Executable call = () -> new Collective.ReduceScatter(axes, Reduction.SUM, 0, Order.ANY);
    assertEquals(
        "reduce-scatter: the order must be TREE or INDEX, got ANY",
        assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void aMemberThatIsNotThereIsToldInWords() {
    RaggedCounts counts = RaggedCounts.of(new long[] {1, 2}, new long[] {3, 4});
    for (Executable call :
        List.<Executable>of(
            () -> counts.send(2),
            () -> counts.sendOffset(2),
            () -> counts.receive(-1),
            () -> counts.receiveOffset(2))) {
      var thrown = assertThrows(IndexOutOfBoundsException.class, call);
      assertTrue(thrown.getMessage().startsWith("ragged counts: the member must be in [0, 2)"));
    }
    var none = new Collective.Permute(List.of("x"), List.of());
    assertThrows(IllegalArgumentException.class, () -> none.sources(-1));
  }
}
