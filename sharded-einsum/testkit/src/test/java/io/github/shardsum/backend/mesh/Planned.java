package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;

/** A mesh with the plan of one program. */
record Planned(MeshBackend mesh, ProgramPlan plan) implements Backend {
  @Override
  public String name() {
    return mesh.name();
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    return mesh.compile(plan, options);
  }
}
