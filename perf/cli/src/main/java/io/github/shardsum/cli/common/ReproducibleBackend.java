package io.github.shardsum.cli.common;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.program.Program;
import java.util.Objects;

/**
 * A backend of one device whose results are those of every mesh to the bit, see {@link
 * CompileOptions#withReproducible}.
 *
 * @param backend compiles the programs
 */
public record ReproducibleBackend(Backend backend) implements Backend {
  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(options, "options");
    return backend.compile(program, options.withReproducible());
  }
}
