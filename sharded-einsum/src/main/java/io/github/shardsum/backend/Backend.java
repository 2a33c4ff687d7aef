package io.github.shardsum.backend;

import io.github.shardsum.program.Program;

/**
 * Runs programs on this machine, on a mesh of devices or by a PJRT plugin. Thread-safe.
 *
 * <p>All backends give the same values: to the bit for integers and exact floating arithmetic,
 * otherwise within the bounds that each operation states.
 */
public interface Backend {
  /**
   * The backend's name.
   *
   * @return as {@code local}
   */
  String name();

  /**
   * Compiles a program.
   *
   * @param program the program
   * @param options requests beyond the program's values
   * @return an executable, to be closed
   * @throws IllegalArgumentException if this backend does not support the program or an option; the
   *     message says what to do
   */
  Executable compile(Program program, CompileOptions options);

  /**
   * Compiles a program with the default options.
   *
   * @param program the program
   * @return an executable, to be closed
   * @throws IllegalArgumentException as {@link #compile(Program, CompileOptions)}
   */
  default Executable compile(Program program) {
    return compile(program, CompileOptions.defaults());
  }
}
