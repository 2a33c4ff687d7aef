package io.github.shardsum.lab.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScalingProgramsTest {
  /** Programs that split a batch and nothing else, so that devices have nothing to exchange. */
  private static final Set<String> APART =
      Set.of("product", "batch", "chain", "network", "attention", "normalise");

  private static SpmdPlan plan(String name, int devices) {
    Mesh mesh = Mesh.of("x", devices);
    return ProgramPlan.of(
            ScalingPrograms.of(name, mesh),
            mesh,
            composite -> MoePrograms.kernels().kernel(composite).isPresent(),
            PlanOptions.defaults())
        .plan();
  }

  @Test
  void thereAreTwenty() {
    assertEquals(20, Set.copyOf(ScalingPrograms.ALL).size());
    assertEquals(20, ScalingPrograms.ALL.size());
    assertTrue(ScalingPrograms.ALL.containsAll(ScalingPrograms.USUAL));
  }

  @Test
  void aDeviceHasTheSameWorkOnAnyNumberOfThem() {
    for (String name : ScalingEinsumPrograms.NAMES) {
      double one = plan(name, 1).flops();
      assertTrue(name.equals("normalise") || one > 1e8, name);
      SpmdPlan plan = plan(name, 4);
      assertEquals(one, plan.flops(), 0.01 * one, () -> name + "\n" + plan.explain());
      boolean exchanges = plan.steps().stream().anyMatch(step -> step.action().isCollective());
      assertEquals(!APART.contains(name), exchanges, () -> name + "\n" + plan.explain());
    }
  }
}
