package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
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
    says("there is no value z", () -> plan("z", "a@x b"));
    says("layouts: that of y: f32[a=4 b=2] must have 2 labels", () -> plan("y", "a@x"));
  }

  @Test
  void aDeviceHasOneShard() {
    Layout layout = Layout.parse(MESH, "a@x");
    says(
        "devices must be distinct, got [0, 0]",
        () -> ShardedTensor.of(Tensor.zeros(DType.F32, 4), layout, List.of(0, 0)));
  }

  @Test
  void anOptionThatIsNullIsNamed() {
    PlanOptions options = PlanOptions.defaults();
    NullPointerException thrown =
        assertThrows(NullPointerException.class, () -> options.withTopology(null));
    assertTrue(String.valueOf(thrown.getMessage()).contains("topology"), thrown.getMessage());
  }
}
