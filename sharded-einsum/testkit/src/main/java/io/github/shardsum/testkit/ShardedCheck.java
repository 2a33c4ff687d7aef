package io.github.shardsum.testkit;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Compares a program on a mesh with the same program on one device. Immutable; every run tries the
 * same inputs.
 *
 * <pre>{@code
 * ShardedCheck.of(layer).on(Mesh.parse("x=4 y=2")).annotated("h=E@x").equalsUnsharded();
 * }</pre>
 *
 * <p>The checker, which shares no code with the planner, certifies the plan. The plan then runs on
 * the configured engine: in this process, or over MPI under {@code shardsum launch}, where every
 * process makes the same check.
 */
public final class ShardedCheck {
  private final Program program;
  private final Mesh mesh;
  private final Map<String, String> annotations;
  private final Kernels kernels;
  private final PlanOptions options;
  private final int tries;

  private ShardedCheck(
      Program program,
      Mesh mesh,
      Map<String, String> annotations,
      Kernels kernels,
      PlanOptions options,
      int tries) {
    this.program = program;
    this.mesh = mesh;
    this.annotations = annotations;
    this.kernels = kernels;
    this.options = options;
    this.tries = tries;
  }

  /**
   * A check of a program on one device, with three inputs.
   *
   * @param program the program, annotated or not
   * @return the check
   */
  public static ShardedCheck of(Program program) {
    Objects.requireNonNull(program, "program");
    return new ShardedCheck(
        program, Mesh.parse(""), Map.of(), Kernels.none(), PlanOptions.defaults(), 3);
  }

  /**
   * The same check on a mesh.
   *
   * @param devices the mesh
   * @return a changed copy
   */
  public ShardedCheck on(Mesh devices) {
    return new ShardedCheck(program, devices, annotations, kernels, options, tries);
  }

  /**
   * The same check with annotations in addition to those of the program.
   *
   * @param layouts the annotations, each as {@code h=E@x M}: a value's name and its layout
   * @return a changed copy
   * @throws IllegalArgumentException if a text has no {@code =}
   */
  public ShardedCheck annotated(String... layouts) {
    Map<String, String> all = new LinkedHashMap<>(annotations);
    for (String layout : layouts) {
      int sign = layout.indexOf('=');
      if (sign < 1) {
        throw new IllegalArgumentException(
            "annotation: must be like h=E@x M, got \"" + layout + "\"");
      }
      all.put(layout.substring(0, sign), layout.substring(sign + 1));
    }
    return new ShardedCheck(program, mesh, all, kernels, options, tries);
  }

  /**
   * The same check with kernels of composites; a composite without a kernel is decomposed.
   *
   * @param code the kernels
   * @return a changed copy
   */
  public ShardedCheck kernels(Kernels code) {
    return new ShardedCheck(program, mesh, annotations, code, options, tries);
  }

  /**
   * The same check with other options for plans.
   *
   * @param changed the options by which plans are chosen
   * @return a changed copy
   */
  public ShardedCheck options(PlanOptions changed) {
    return new ShardedCheck(program, mesh, annotations, kernels, changed, tries);
  }

  /**
   * The same check with another number of inputs.
   *
   * @param count number of inputs, at least 1
   * @return a changed copy
   */
  public ShardedCheck tries(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("tries must be at least 1, got " + count);
    }
    return new ShardedCheck(program, mesh, annotations, kernels, options, count);
  }

  /**
   * The plan that runs follow, for {@link PlanAssert}.
   *
   * @return the plan
   */
  public ProgramPlan plan() {
    return ProgramPlan.of(program(), mesh, kernels, options);
  }

  private Program program() {
    return annotations.isEmpty() ? program : Annotations.of(annotations).apply(program);
  }

  /**
   * Compares every output with the bits of the reference, on inputs of small integers. The
   * program's arithmetic must be exact on these: sums, products and other operations that keep
   * integers.
   *
   * @throws AssertionError with the program and its plan, if an element differs
   * @throws IllegalStateException if the checker refuses the plan
   */
  public void equalsUnsharded() {
    check(true);
  }

  /**
   * Compares every output of a program in f32 with the bound of its roundings on real inputs, see
   * {@link ErrorBounds}.
   *
   * @throws AssertionError if an element is outside of its bound
   * @throws IllegalStateException if the checker refuses the plan
   */
  public void withinErrorBounds() {
    check(false);
  }

  private void check(boolean exact) {
    plan().certify();
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend = MeshBackend.of(collectives, kernels, options);
      for (int i = 0; i < tries; i++) {
        Program annotated = program();
        ProgramCase drawn = new ProgramCase(annotated, Programs.inputs(annotated, exact).of(i));
        if (exact) {
          BackendCheck.equalsReference(backend, drawn);
        } else {
          BackendCheck.withinErrorBounds(backend, drawn);
        }
      }
    }
  }
}
