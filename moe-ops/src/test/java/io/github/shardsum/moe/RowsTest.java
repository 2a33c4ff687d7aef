package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A dropless layer on a mesh whose tokens' rows travel to the devices of their experts. */
class RowsTest {
  private static final double ROUNDING = 1e-10;

  private static final PlanOptions ROWS =
      PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);

  private static final ExpertsOnMesh LAYERS = new ExpertsOnMesh(ROWS, RowsTest::travel);

  /** Rows travel, and the plan is read back from its JSON. */
  private static void travel(MeshExecutable executable) {
    SpmdPlan plan = executable.plan().plan();
    assertTrue(
        plan.steps().stream().anyMatch(step -> step.action() instanceof Action.Partitioned),
        executable::explain);
    assertEquals(plan, SpmdPlan.parse(plan.toJson(ROWS)));
  }

  @ParameterizedTest
  @CsvSource({
    "x=2, 4, 4, RELU, false, F32",
    "x=2, 4, 5, GELU, true, F32",
    "x=4, 8, 6, SWIGLU, true, F32",
    "x=4, 3, 5, SILU, false, BF16",
    "x=8, 8, 3, RELU, true, F32",
    "x=8, 8, 16, RELU, false, F32",
  })
  void onOneAxisTheBitsAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased, DType dtype) {
    MoeSpec spec = ExpertsOnMesh.spec(groups, experts, 64, activation, biased, dtype);
    LAYERS.check(spec, Mesh.parse(mesh), 0);
  }

  private static final ExpertsOnMesh PIECES =
      new ExpertsOnMesh(ROWS.withWindows(PlanOptions.Windows.ALWAYS), RowsTest::travelInPieces);

  private static void travelInPieces(MeshExecutable executable) {
    travel(executable);
    assertTrue(executable.explain().contains("pieces"), executable::explain);
  }

  /** Of 5 experts a device has 3, in pieces of 2 and 1, and the other has 2. */
  @ParameterizedTest
  @CsvSource({
    "x=2, 4, 5, GELU, true, F32",
    "x=2, 4, 16, SWIGLU, true, BF16",
    "x=4, 8, 16, RELU, false, F32",
  })
  void inPiecesTheBitsAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased, DType dtype) {
    MoeSpec spec = ExpertsOnMesh.spec(groups, experts, 64, activation, biased, dtype);
    PIECES.check(spec, Mesh.parse(mesh), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "d=2 x=2, 4, 4, RELU, false",
    "d=2 x=2, 8, 5, SWIGLU, true",
    "x=2 m=2, 4, 4, GELU, false",
    "d=2 x=2 m=2, 4, 4, RELU, true",
    "d=2 x=2 m=3, 5, 3, SWIGLU, true",
    "x=2 m=16, 2, 3, SILU, false",
    "d=2 x=3, 4, 6, SILU, true",
  })
  void onSeveralAxesTheValuesAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased) {
    MoeSpec spec = ExpertsOnMesh.spec(groups, experts, 64, activation, biased, DType.F64);
    LAYERS.check(spec, Mesh.parse(mesh), ROUNDING);
  }
}
