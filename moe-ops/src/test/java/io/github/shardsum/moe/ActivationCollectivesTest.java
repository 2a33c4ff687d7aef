package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever an expert computes, tokens travel to it and back, and their cotangents too. */
class ActivationCollectivesTest {
  @ParameterizedTest
  @CsvSource({
    "x=2, RELU, false", "x=8, RELU, true",
    "x=8, GELU, false", "x=2, GELU, true",
    "x=8, SILU, false", "x=8, SILU, true",
    "x=2, SWIGLU, false", "x=8, SWIGLU, true",
  })
  void twoAllToAllsForwardAndTwoBackward(String mesh, Activation activation, boolean hasBias) {
    RouteOptions options = RouteOptions.parse("top2 capacity=factor:2");
    MoeSizes sizes = MoeSizes.of(16, 64, 16, 32, 128, options);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(7)).withActivation(activation);
    Program layer =
        Annotations.of(Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x"))
            .apply(MoePrograms.layer(hasBias ? spec.withBias() : spec));
    // The z-loss is one sum over all groups.
    assertEquals(Map.of("all-to-all", 2, "all-reduce", 1), collectives(layer, mesh));
    Map<String, Integer> backward = new TreeMap<>(Map.of("all-to-all", 4, "all-reduce", 2));
    if (hasBias) {
      // The bias of the outputs is added where the experts are, and its gradient summed over
      // tokens.
      backward.put("reduce-scatter", 1);
    }
    assertEquals(backward, collectives(MoePrograms.gradient(layer), mesh));
  }

  private static Map<String, Integer> collectives(Program program, String mesh) {
    Map<String, Integer> counted = new TreeMap<>();
    ProgramPlan plan = ProgramPlan.of(program, Mesh.parse(mesh), _ -> true, PlanOptions.defaults());
    for (PlanStep step : plan.plan().steps()) {
      if (step.action().isCollective()) {
        counted.merge(step.action().op(), 1, Integer::sum);
      }
    }
    return counted;
  }
}
