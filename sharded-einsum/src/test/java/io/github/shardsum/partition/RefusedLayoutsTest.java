package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class RefusedLayoutsTest {
  private static final Mesh MESH = Mesh.of("x", 2);
  private static final Program PROGRAM =
      Program.parse("program p { input x: f32[a=4 b=2] y = negate(x) output y }");

  private static void says(String part, Executable call) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call).getMessage());
    assertTrue(message.contains(part), message);
  }

  private static void plan(String name, String layout) {
    ProgramPlan.withLayouts(
        PROGRAM, MESH, Map.of(name, Layout.parse(MESH, layout)), PlanOptions.defaults());
  }

  @Test
  void aLayoutOfNoValueAndOneOfAnotherRankAreNamed() {
    plan("y", "a@x b");
    says("there is no value z; inputs are [x], results are [y]", () -> plan("z", "a@x b"));
    says("layouts: that of y: f32[a=4 b=2] must have 2 labels", () -> plan("y", "a@x"));
  }

  @Test
  void aDeviceHasOneShard() {
    Layout layout = Layout.parse(MESH, "a@x");
    says(
        "devices must be distinct, got [0, 0]",
        () -> ShardedTensor.of(Tensor.zeros(DType.F32, 4), layout, List.of(0, 0)));
  }

  private static ShardedTensor shards(
      DType dtype, Mesh mesh, String layout, Collectives collectives, long... sizes) {
    Tensor zeros = Tensor.zeros(dtype, sizes);
    return ShardedTensor.of(zeros, Layout.parse(mesh, layout), collectives.devices());
  }

  @Test
  void operandsOfAnEinsumAreThoseOfItsPlan() {
    Mesh other = Mesh.of("y", 2);
    Shape shape = Shape.of(4, 2);
    try (Collectives collectives = Collectives.open(MESH);
        ShardedEinsum sum = ShardedEinsum.compile("a@x b -> a@x", MESH, shape)) {
      Tensor wide = Tensor.zeros(DType.F64, 4, 2);
      says("number of operands must be 1, got 0", sum::run);
      says("operand 0: must be f32[4, 2], got f64[4, 2]", () -> sum.run(wide));
      ShardedTensor given = shards(DType.F32, MESH, "i@x j", collectives, 4, 2);
      assertEquals(Shape.of(4), sum.gather(sum.runSharded(List.of(given))).shape());
      says("number of operands must be 1, got 2", () -> sum.runSharded(List.of(given, given)));
      ShardedTensor columns = shards(DType.F32, MESH, "a b@x", collectives, 4, 2);
      says("operand 0: must have layout a@x b", () -> sum.runSharded(List.of(columns)));
      ShardedTensor elsewhere = shards(DType.F32, other, "a@y b", collectives, 4, 2);
      says("operand 0: must have layout a@x b", () -> sum.runSharded(List.of(elsewhere)));
    }
  }

  @Test
  void aReshardTakesWhatItWasPlannedFor() {
    Layout rows = Layout.parse(MESH, "a@x b");
    Layout columns = Layout.parse(MESH, "a b@x");
    PlanOptions options = PlanOptions.defaults();
    ReshardPlan plan = ReshardPlan.of(rows, columns, Shape.of(4, 2), DType.F32, options);
    try (Collectives collectives = Collectives.open(MESH)) {
      Reshard reshard = Reshard.of(plan, collectives);
      ShardedTensor right = shards(DType.F32, MESH, "a@x b", collectives, 4, 2);
      assertEquals(columns, reshard.run(right).layout());
      for (ShardedTensor wrong :
          List.of(
              shards(DType.F32, MESH, "a b@x", collectives, 4, 2),
              shards(DType.F64, MESH, "a@x b", collectives, 4, 2),
              shards(DType.F32, MESH, "a@x b", collectives, 4, 3))) {
        says("reshard: the value must be f32[4, 2] a@x b", () -> reshard.run(wrong));
      }
    }
    Layout other = Layout.parse(Mesh.of("y", 2), "a@y b");
    Shape shape = Shape.of(4, 2);
    says("of one mesh", () -> ReshardPlan.of(rows, other, shape, DType.F32, options));
    Layout turned = Layout.parse(MESH, "b a@x");
    says("same labels", () -> ReshardPlan.of(rows, turned, shape, DType.F32, options));
    Shape cube = Shape.of(4, 2, 2);
    says("a size for each label", () -> ReshardPlan.of(rows, rows, cube, DType.F32, options));
  }

  @Test
  void anOptionThatIsNullIsNamed() {
    PlanOptions options = PlanOptions.defaults();
    NullPointerException thrown =
        assertThrows(NullPointerException.class, () -> options.withTopology(null));
    assertTrue(String.valueOf(thrown.getMessage()).contains("topology"), thrown.getMessage());
  }
}
