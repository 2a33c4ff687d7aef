package io.github.shardsum.backend.mesh;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.testkit.Layouts;
import java.util.Map;

/** Plans of random programs with many steps between devices. */
final class RandomPlans {
  static final PlanOptions OPTIONS = PlanOptions.defaults().withReplication();

  private RandomPlans() {}

  /** With every value in a random layout, or, where no plan gives one of them, in the cheapest. */
  static ProgramPlan randomlyLaid(Program program, Mesh mesh) {
    Map<String, Layout> layouts =
        Layouts.ofEveryValue(mesh, program).of(program.toString().hashCode());
    try {
      return ProgramPlan.withLayouts(program, mesh, layouts, OPTIONS);
    } catch (PlanException refused) {
      return ProgramPlan.of(program, mesh, _ -> true, OPTIONS);
    }
  }
}
