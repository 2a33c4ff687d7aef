package io.github.shardsum.stablehlo;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.stablehlo.EdgeLayouts;
import io.github.shardsum.internal.stablehlo.MeshChecks;
import io.github.shardsum.internal.stablehlo.ModuleEmitter;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A program as StableHLO text; an immutable value.
 *
 * <p>The text is a module of one function {@code main}, in operations that plugins of all ages
 * take, and computes what the program does: integers to the bit, division by 0 included, bf16 in
 * f32 and rounded once an operation, running sums in f64. Composites are their decompositions.
 *
 * @param program what was lowered
 * @param text the module
 * @param mesh over which devices; empty for one device
 * @param form how layouts are written
 */
public record StableHlo(Program program, String text, Optional<Mesh> mesh, ShardingForm form) {
  /** Checks for null. */
  public StableHlo {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(mesh, "mesh");
    Objects.requireNonNull(form, "form");
  }

  /**
   * Lowers a program for one device; what it says of layouts is left out.
   *
   * @param program the program
   * @return its text
   * @throws IllegalArgumentException as {@link #of(Program, LoweringOptions)}
   */
  public static StableHlo of(Program program) {
    return of(program, LoweringOptions.defaults());
  }

  /**
   * Lowers a program.
   *
   * @param program the program
   * @param options mesh, form and precision
   * @return its text
   * @throws IllegalArgumentException if a layout names an axis that the mesh does not have
   */
  public static StableHlo of(Program program, LoweringOptions options) {
    Objects.requireNonNull(program, "program");
    options.mesh().ifPresent(mesh -> MeshChecks.check(program, mesh));
    String text =
        ModuleEmitter.emit(
            program,
            options.mesh(),
            options.form() == ShardingForm.SHARDY,
            options.fullPrecision());
    return new StableHlo(program, text, options.mesh(), options.form());
  }

  /**
   * How the inputs are handed over: each in its own layout where that divides it evenly, else whole
   * to every device. Outputs come whole from every device.
   *
   * @return a term an input, without mesh axes for one device
   */
  public List<Term> inputLayouts() {
    return program.inputs().stream()
        .map(
            input ->
                mesh.map(over -> EdgeLayouts.input(input.type(), over))
                    .orElseGet(() -> input.type().labels().withoutLayout()))
        .toList();
  }

  /** The module. */
  @Override
  public String toString() {
    return text;
  }
}
