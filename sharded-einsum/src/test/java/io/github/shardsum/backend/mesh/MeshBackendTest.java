package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
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
  void aPlanAndACountOfThreadsMustFit() {
    Mesh mesh = Mesh.parse("x=2");
    ProgramPlan plan = ProgramPlan.of(SUM, mesh, _ -> false, PlanOptions.defaults());
    CompileOptions tree = CompileOptions.defaults().withSums(SumOrder.TREE);
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend = MeshBackend.of(collectives);
      String sums = message(() -> backend.compile(plan, tree));
      assertTrue(sums.startsWith("plan: must be made for sums by"), sums);
      try (MeshExecutable sum = backend.compile(plan, CompileOptions.defaults())) {
        assertEquals("threads must be at least 1, got 0", message(() -> sum.keptBytes(0)));
      }
    }
  }

  @Test
  void heldBytesAreThoseOfTheLargestDeviceWithItsPartOfInputsAndOutputs() {
    // Many rows of four numbers, of which a device has half, and their sum.
    Program rows = Program.parse(SUM.toString().replace("=6", "=600"));
    long input = 2400L * Float.BYTES;
    long sum = 4L * Float.BYTES;
    Executable one = LocalBackend.of(Workers.sequential()).compile(rows);
    assertEquals(one.peakBytes() + input + sum, one.heldBytes());
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        MeshExecutable mesh = MeshBackend.of(collectives).compile(rows)) {
      assertEquals(mesh.plan().plan().peakBytes(), mesh.heldBytes());
      assertTrue(mesh.heldBytes() >= input / 2 + sum, mesh::explain);
      assertTrue(mesh.heldBytes() < input + sum, mesh::explain);
    }
  }

  @Test
  void valuesAreCutUpAndPutTogetherAndPlansAreThoseOfExecutables() {
    Mesh mesh = Mesh.parse("x=4");
    try (Collectives collectives = Collectives.open(mesh);
        MeshExecutable sum = MeshBackend.of(collectives).compile(SUM)) {
      MeshBackend backend = MeshBackend.of(collectives);
      assertEquals(mesh, backend.mesh());
      assertEquals(sum.plan(), backend.plan(SUM));
      Tensor whole = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 6);
      ShardedTensor cut = backend.shards(whole, Layout.parse(mesh, "a@x"));
      assertEquals(
          List.of(2L, 2L, 2L, 0L), cut.shards().stream().map(shard -> shard.size(0)).toList());
      assertArrayEquals(whole.toFloatArray(), backend.gather(cut).toFloatArray());
      ShardedTensor addends = backend.shards(whole, Layout.parse(mesh, "a | x"));
      assertArrayEquals(whole.toFloatArray(), backend.gather(addends).toFloatArray());
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
