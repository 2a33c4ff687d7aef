package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A dropless layer whose experts are split over a mesh: tokens travel to the experts' devices, and
 * no weight of an expert to another device.
 */
class GatheredExpertsTest {
  private static final double ROUNDING = 1e-10;

  private static final ExpertsOnMesh LAYERS =
      new ExpertsOnMesh(
          PlanOptions.defaults().withPartitions(PlanOptions.Partitions.NEVER),
          executable -> assertEquals(List.of(), ofExperts(executable), executable::explain));

  @ParameterizedTest
  @CsvSource({
    "x=2, 4, 4, RELU, false, F32",
    "x=2, 4, 5, GELU, true, F32",
    "x=4, 8, 6, SWIGLU, true, F32",
    "x=4, 3, 5, SILU, false, BF16",
    "x=8, 8, 3, RELU, true, F32",
  })
  void onOneAxisTheBitsAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased, DType dtype) {
    MoeSpec spec = ExpertsOnMesh.spec(groups, experts, 256, activation, biased, dtype);
    LAYERS.check(spec, Mesh.parse(mesh), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "d=2 x=2, 4, 4, RELU, false",
    "d=2 x=2, 8, 5, SWIGLU, true",
    "x=2 m=2, 4, 4, GELU, false",
    "d=2 x=2 m=2, 4, 4, RELU, false",
    "d=2 x=2 m=3, 5, 3, SWIGLU, false",
    "x=2 m=16, 2, 3, SILU, false",
    "d=2 x=3, 4, 6, SILU, true",
  })
  void onSeveralAxesTheValuesAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased) {
    MoeSpec spec = ExpertsOnMesh.spec(groups, experts, 256, activation, biased, DType.F64);
    LAYERS.check(spec, Mesh.parse(mesh), ROUNDING);
  }

  /** Weights of experts that a collective moves, other than the sum of their gradients. */
  private static List<String> ofExperts(MeshExecutable executable) {
    List<String> moved = new ArrayList<>();
    for (PlanStep step : executable.plan().plan().steps()) {
      PlannedValue value = step.result();
      boolean isWeight =
          value.layout().rank() > 1
              && value.layout().label(0).equals("E")
              && !value.name().startsWith("gradient.");
      if (step.action().isCollective() && isWeight) {
        moved.add(step.action().op() + " of " + value);
      }
    }
    return moved;
  }
}
