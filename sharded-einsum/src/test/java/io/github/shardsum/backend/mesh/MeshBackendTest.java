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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
      Layout rows = Layout.parse(mesh, "a@x b");
      List<Integer> devices = collectives.devices();
      for (ShardedTensor given :
          List.of(
              ShardedTensor.of(Tensor.zeros(DType.F32, 4, 4), rows, devices),
              ShardedTensor.of(Tensor.zeros(DType.F64, 6, 4), rows, devices),
              ShardedTensor.of(whole, rows, devices.subList(0, 1)))) {
        String unplanned = message(() -> sum.runSharded(List.of(given)));
        assertTrue(unplanned.startsWith("input x"), unplanned);
      }
      String none = message(() -> sum.runSharded(List.of()));
      assertTrue(none.contains("expected 1 inputs, got 0"), none);
      assertEquals(
          "inputs",
          assertThrows(NullPointerException.class, () -> sum.runSharded(null)).getMessage());
    }
  }

  /** An output that is asked to stay a sum of the devices is whole in the caller's tensor. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "BF16", "I32", "I64"})
  void anOutputOfAddendsIsTheirSum(DType dtype) {
    Program program =
        Program.parse(
            SUM.toString()
                .replace("f32", dtype.toString())
                .replace("output y", "z = annotate(y) {layout=\"b | x\"}\noutput z")
                .replace("y: " + dtype + "[b=4]", "y"));
    Tensor x = Tensor.zeros(dtype, 6, 4);
    double[] expected = new double[4];
    for (int a = 0; a < 6; a++) {
      for (int b = 0; b < 4; b++) {
        x.set((long) a * b - 3, a, b);
        expected[b] += a * b - 3;
      }
    }
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        MeshExecutable sum = MeshBackend.of(collectives).compile(program)) {
      assertArrayEquals(expected, sum.run(List.of(x)).getFirst().toDoubleArray());
    }
  }

  @Test
  void anInputIsNotComputedAgain() {
    CompileOptions again = CompileOptions.defaults().rematerialize("x");
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"))) {
      String said = message(() -> MeshBackend.of(collectives).compile(SUM, again));
      assertTrue(said.startsWith("rematerialize x: must be a result, got the input"), said);
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
