package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract in one process, and what is refused. */
class MeshBackendTest extends MeshContract {
  private static final Program SUM =
      Program.parse(
          """
          program sum {
            input x: f32[a@x=6 b=4]
            y = reduce_sum(x) {labels=["a"]}
            output y
          }
          """);

  private static String message(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @Test
  void shardsMustLieAsPlanned() {
    Mesh mesh = Mesh.parse("x=2");
    try (Collectives collectives = Collectives.open(mesh);
        MeshExecutable sum = MeshBackend.of(collectives).compile(SUM)) {
      assertEquals("mesh x=2", MeshBackend.of(collectives).name());
      Tensor whole = Tensor.zeros(DType.F32, 6, 4);
      ShardedTensor other =
          ShardedTensor.of(whole, Layout.parse(mesh, "a b@x"), collectives.devices());
      String wrong = message(() -> sum.runSharded(List.of(other)));
      assertTrue(wrong.contains("input x") && wrong.contains("a@x b"), wrong);
      String none = message(() -> sum.runSharded(List.of()));
      assertTrue(none.contains("expected 1 inputs, got 0"), none);
      assertEquals(
          "inputs",
          assertThrows(NullPointerException.class, () -> sum.runSharded(null)).getMessage());
    }
  }

  @Test
  void anAxisThatTheMeshDoesNotHaveAndTooLittleMemoryAreErrors() {
    try (Collectives collectives = Collectives.open(Mesh.parse("y=2"))) {
      String axis = message(() -> MeshBackend.of(collectives).compile(SUM));
      assertTrue(axis.contains("x") && axis.contains("y=2"), axis);
    }
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"))) {
      CompileOptions options = CompileOptions.defaults().withMemoryLimit(1);
      String limit = message(() -> MeshBackend.of(collectives).compile(SUM, options));
      assertTrue(limit.contains("limit of 1"), limit);
    }
  }
}
