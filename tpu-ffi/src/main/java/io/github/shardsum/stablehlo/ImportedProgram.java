package io.github.shardsum.stablehlo;

import io.github.shardsum.internal.stablehlo.read.ModuleReader;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.Objects;
import java.util.Optional;

/**
 * A program that was read from StableHLO text, as JAX prints it by {@code
 * jax.jit(f).lower(...).as_text()}; an immutable value.
 *
 * <p>Labels are classes of dimensions that operations tie together, named {@code a}, {@code b} and
 * so on by first use. Calls are inlined, counted loops are scans, gathers and scatters are einsums
 * with one-hot operands, and Shardy's shardings are annotations.
 *
 * @param program the program
 * @param mesh the mesh that the text names, if it has axes
 */
public record ImportedProgram(Program program, Optional<Mesh> mesh) {
  /** Checks for null. */
  public ImportedProgram {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(mesh, "mesh");
  }

  /**
   * Reads a module.
   *
   * @param text StableHLO text in the forms that MLIR prints, with locations or without
   * @return the program of the function {@code main}, or of the only function
   * @throws IllegalArgumentException if the text is not a module, or holds an operation or a type
   *     that a program does not have; the message names the line and the operation
   */
  public static ImportedProgram parse(String text) {
    ModuleReader module = ModuleReader.of(Objects.requireNonNull(text, "text"));
    return new ImportedProgram(module.program(), module.mesh());
  }
}
