package io.github.shardsum.backend;

import io.github.shardsum.internal.backend.CheckedExecutable;
import io.github.shardsum.internal.program.pass.AnnotationRemoval;
import io.github.shardsum.internal.reference.Interpreter;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Objects;

/**
 * The oracle: every operation by its definition, in scalar code, composites by their decomposition.
 * Sums are in f64 in the order of the labels and rounded once. Immutable and thread-safe; slow, and
 * it keeps all values until the end of a run. Its peak counts the elements of values, not the
 * garbage of its loops.
 */
public final class ReferenceBackend implements Backend {
  /** The backend. */
  public ReferenceBackend() {}

  @Override
  public String name() {
    return "reference";
  }

  /**
   * As {@link Backend#compile(Program, CompileOptions)}; nothing is optimised, so values to
   * rematerialise are simply kept.
   *
   * @throws IllegalArgumentException if all values together exceed the memory limit, or the options
   *     have another order of sums
   */
  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(options, "options");
    if (options.sums().isTree()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": the reference adds in the order of its loops, got sums by a "
              + options.sums()
              + "; the local and the mesh backend keep it");
    }
    long bytes = bytes(program);
    if (options.memoryLimit().isPresent() && bytes > options.memoryLimit().getAsLong()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": the reference keeps all values, "
              + bytes
              + " bytes, got a limit of "
              + options.memoryLimit().getAsLong());
    }
    CheckedExecutable.Code code =
        new CheckedExecutable.Code(
            (outputs, inputs) -> Interpreter.run(program, inputs, outputs),
            bytes,
            () ->
                "reference: every statement in turn\n"
                    + program
                    + AnnotationRemoval.note(program)
                        .map(note -> "note: " + note + "\n")
                        .orElse(""),
            List::of);
    return new CheckedExecutable(program, code, Thread::startVirtualThread);
  }

  /** Eight bytes for each element of every value, as the interpreter holds them. */
  private static long bytes(Program program) {
    // The sum of huge values might overflow a long; this conversion stops at the largest.
    double elements = 0;
    for (Value input : program.inputs()) {
      elements += input.type().shape().elementCount();
    }
    for (Statement statement : program.statements()) {
      for (Value result : statement.results()) {
        elements += result.type().shape().elementCount();
      }
    }
    return (long) (elements * Long.BYTES);
  }
}
