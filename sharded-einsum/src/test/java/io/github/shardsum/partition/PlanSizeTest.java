package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Plans name no devices, and hold no value whole that neither end holds. */
final class PlanSizeTest {
  private static ShardedEinsumPlan dispatch(int devices) {
    return ShardedEinsumPlan.of(
        Equation.parse("G@x S E C, G@x S M -> E@x G C M"),
        Mesh.of("x", devices),
        List.of(Shape.of(2048, 2048, 2048, 2), Shape.of(2048, 2048, 1024)),
        Map.of(),
        DType.F32,
        PlanOptions.defaults());
  }

  @Test
  void thePlanFor2048DevicesHasTheStepsOfThePlanFor8() {
    List<Action> few = dispatch(8).plan().steps().stream().map(PlanStep::action).toList();
    List<Action> many = dispatch(2048).plan().steps().stream().map(PlanStep::action).toList();
    assertEquals(few, many);
    assertEquals(new Action.AllToAll("G", "E", List.of("x")), few.getLast());
  }

  @Test
  void aWholeValueOnADeviceIsRefusedUnlessItIsAllowed() {
    Mesh mesh = Mesh.parse("x=2 y=3");
    Layout from = Layout.parse(mesh, "a@x.y b");
    Layout to = Layout.parse(mesh, "a@y b@x");
    Shape shape = Shape.of(12, 12);
    ReshardPlan plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults());
    assertTrue(
        plan.plan().steps().stream()
            .allMatch(step -> step.result().localElements() < shape.elementCount()),
        plan::toString);
  }

  @Test
  void whatHasNoPlanSaysWhy() {
    Mesh mesh = Mesh.parse("x=2");
    Layout whole = Layout.parse(mesh, "a b");
    Layout partial = Layout.parse(mesh, "a b | x");
    String message =
        assertThrows(
                PlanException.class,
                () ->
                    ReshardPlan.of(
                        whole, partial, Shape.of(2, 2), DType.F32, PlanOptions.defaults()))
            .getMessage();
    assertTrue(message.contains("cannot become a partial sum"), message);
    String limit =
        assertThrows(
                PlanException.class,
                () ->
                    ShardedEinsumPlan.of(
                        Equation.parse("m@x k, k n -> m@x n"),
                        mesh,
                        List.of(Shape.of(8, 8), Shape.of(8, 8)),
                        Map.of(),
                        DType.F32,
                        PlanOptions.defaults().withMemoryLimit(100)))
            .getMessage();
    assertTrue(limit.contains("memory limit of 100 bytes"), limit);
  }
}
