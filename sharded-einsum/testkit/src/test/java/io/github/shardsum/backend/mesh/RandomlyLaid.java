package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.testkit.Layouts;
import java.util.Map;
import java.util.Objects;

/** A mesh on which every value of a program lies in a layout drawn at random from its text. */
record RandomlyLaid(Collectives collectives) implements Backend {
  @Override
  public String name() {
    return "mesh, every value in a random layout";
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(program, "program");
    Map<String, Layout> layouts =
        Layouts.ofEveryValue(collectives.mesh(), program).of(program.toString().hashCode());
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program, collectives.mesh(), layouts, PlanOptions.defaults().withReplication());
    plan.certify();
    return MeshBackend.of(collectives).compile(plan, options);
  }
}
