package io.github.shardsum.stablehlo;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.stablehlo.ModuleEmitter;
import io.github.shardsum.internal.stablehlo.ModuleLayouts;
import io.github.shardsum.internal.stablehlo.ModuleMeshCheck;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A program as StableHLO text; an immutable value.
 *
 * <p>The text is a module of one function {@code main}, in operations that old and new plugins
 * accept. The module computes the program's values: integers to the bit, also for division by 0;
 * bf16 in f32, rounded once in each operation; running sums in f64. Composites are replaced by
 * their decompositions.
 *
 * @param program the lowered program
 * @param text the module
 * @param mesh the devices; empty for one device
 * @param form the form in which layouts are written
 * @param inputLayouts the layout of each input, without mesh axes for one device
 * @param outputLayouts the layout of each output
 */
public record StableHlo(
    Program program,
    String text,
    Optional<Mesh> mesh,
    ShardingForm form,
    List<Term> inputLayouts,
    List<Term> outputLayouts) {
  /** Copies the lists. */
  public StableHlo {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(mesh, "mesh");
    Objects.requireNonNull(form, "form");
    inputLayouts = List.copyOf(inputLayouts);
    outputLayouts = List.copyOf(outputLayouts);
  }

  /**
   * Lowers a program for one device, without its layouts.
   *
   * @param program the program
   * @return its text
   * @throws IllegalArgumentException as for {@link #of(Program, LoweringOptions)}
   */
  public static StableHlo of(Program program) {
    return of(program, LoweringOptions.defaults());
  }

  /**
   * Lowers a program.
   *
   * @param program the program
   * @param options the mesh, the form of layouts and the precision
   * @return its text
   * @throws IllegalArgumentException if a layout names an axis that the mesh does not have, or the
   *     edges have other labels than the inputs and outputs
   */
  public static StableHlo of(Program program, LoweringOptions options) {
    Objects.requireNonNull(program, "program");
    options.mesh().ifPresent(mesh -> ModuleMeshCheck.check(program, mesh));
    ModuleLayouts edges = ModuleLayouts.of(program, options.mesh(), options.edges());
    String text =
        ModuleEmitter.emit(
            isManual(options) ? program : Passes.unroll(program),
            edges,
            options.donation() ? edges.donations(program) : Map.of(),
            options.mesh(),
            options.form() == ShardingForm.SHARDY,
            options.fullPrecision());
    return new StableHlo(
        program, text, options.mesh(), options.form(), edges.inputs(), edges.outputs());
  }

  /** Whether manual regions stay regions, which only Shardy's dialect supports. */
  private static boolean isManual(LoweringOptions options) {
    return options.mesh().isPresent() && options.form() == ShardingForm.SHARDY;
  }

  /** The module. */
  @Override
  public String toString() {
    return text;
  }
}
