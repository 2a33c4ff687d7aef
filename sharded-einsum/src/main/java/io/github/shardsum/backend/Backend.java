package io.github.shardsum.backend;

import io.github.shardsum.program.Program;

/**
 * Runs programs on this machine, on a mesh of devices or by a PJRT plugin. Thread-safe.
 *
 * <p>All give the same values: integers and floating arithmetic that stays exact to the bit, other
 * floating arithmetic within the bounds that each operation states.
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
   * @return what runs it, to be closed
   * @throws IllegalArgumentException if the program or an option cannot be had here; the message
   *     says what to do
   */
  Executable compile(Program program, CompileOptions options);

  /**
   * Compiles a program with the default options.
   *
   * @param program the program
   * @return what runs it, to be closed
   * @throws IllegalArgumentException as {@link #compile(Program, CompileOptions)}
   */
  default Executable compile(Program program) {
    return compile(program, CompileOptions.defaults());
  }
}
