package io.github.shardsum.partition;

import io.github.shardsum.internal.partition.Certification;
import io.github.shardsum.internal.partition.ProgramPlanner;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The plan of a whole program on a mesh; an immutable value, equal for equal arguments, whose
 * length does not depend on the number of devices.
 *
 * <p>Values of the plan have the names of the program's values. An annotation is no step: its
 * result is its operand's value, brought to the annotated layout.
 *
 * @param program what was planned: composites that no kernel computes are decomposed, what is
 *     computed twice or for nothing is gone, and an operation that normalises, scans or searches a
 *     split label is written as operations on its chunks where that is cheaper
 * @param plan the steps; its inputs and outputs are the program's
 * @param cost their price: elements received, 1,000 a collective and an element for 200
 *     multiply-adds; or seconds if there is a topology
 */
public record ProgramPlan(Program program, SpmdPlan plan, double cost) {
  /** How the gradient of a program names the cotangent of a value. */
  private static final String COTANGENT = "cotangent.";

  /** Checks for nulls. */
  public ProgramPlan {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(plan, "plan");
  }

  /**
   * Completes the layouts of a program from its annotations and plans it.
   *
   * @param program the program
   * @param mesh the devices
   * @param kernels which composites are computed as one and not as their decomposition
   * @param options what plans are chosen by
   * @return the plan
   * @throws io.github.shardsum.propagation.PropagationException if an annotation names an axis that
   *     the mesh does not have
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan of(
      Program program, Mesh mesh, Predicate<Composite> kernels, PlanOptions options) {
    Program simple = simplified(program, kernels);
    Propagated propagated = Propagation.of(simple, mesh, PropagationOptions.defaults());
    Map<String, Layout> homes = withCotangents(simple, propagated.layouts());
    return of(simple, mesh, homes, false, kernels, options);
  }

  /**
   * The layouts, where a cotangent has that of its primal: both are read together, and what the
   * forward pass brought somewhere lies there when the backward pass reads it.
   */
  private static Map<String, Layout> withCotangents(Program program, Map<String, Layout> layouts) {
    Map<String, Layout> homes = new HashMap<>(layouts);
    for (Statement statement : program.statements()) {
      for (Value result : statement.results()) {
        Layout primal =
            result.name().startsWith(COTANGENT)
                ? layouts.get(result.name().substring(COTANGENT.length()))
                : null;
        if (primal != null
            && !(statement.operation() instanceof Movement.Annotate)
            && primal.whole().term().equals(result.type().labels().withoutLayout())) {
          homes.put(result.name(), primal);
        }
      }
    }
    return homes;
  }

  /**
   * Plans a program whose every value has a given layout, in which it is made and read.
   *
   * @param program the program, planned as it is
   * @param mesh the devices
   * @param layouts the layout of each value by name, values in the body of a loop as {@code
   *     RESULT.body.VALUE}; a value without one is whole
   * @param options what plans are chosen by
   * @return the plan
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan withLayouts(
      Program program, Mesh mesh, Map<String, Layout> layouts, PlanOptions options) {
    return of(program, mesh, layouts, true, _ -> false, options);
  }

  private static ProgramPlan of(
      Program program,
      Mesh mesh,
      Map<String, Layout> layouts,
      boolean demanded,
      Predicate<Composite> kernels,
      PlanOptions options) {
    ProgramPlanner.Planned planned =
        ProgramPlanner.plan(program, mesh, layouts, demanded, kernels, options);
    checkMemory(program, planned.plan(), options);
    return new ProgramPlan(planned.program(), planned.plan(), planned.cost());
  }

  /** What the cheapest plan holds where it holds the most; no other is looked for. */
  private static void checkMemory(Program program, SpmdPlan plan, PlanOptions options) {
    long peak = plan.peakBytes();
    if (options.memoryLimit().isEmpty() || peak <= options.memoryLimit().getAsLong()) {
      return;
    }
    String where = "its inputs alone";
    for (int step = plan.steps().size() - 1; step >= 0; step--) {
      if (plan.liveBytes(step) == peak) {
        PlanStep most = plan.steps().get(step);
        where = "step %d, %s of %s".formatted(step, most.action().op(), most.result());
      }
    }
    throw new PlanException(
        "program %s: a device holds %d bytes at once in %s, got a limit of %d; split a value that lives there, or rematerialise it"
            .formatted(program.name(), peak, where, options.memoryLimit().getAsLong()));
  }

  private static Program simplified(Program program, Predicate<Composite> kernels) {
    Program decomposed = Passes.decompose(program, kernels.negate());
    return Passes.deadCode(Passes.commonSubexpressions(decomposed));
  }

  /**
   * Follows the plan with a checker that shares nothing with the planner.
   *
   * @return what was proved
   * @throws IllegalStateException if the plan is refused, which is a defect of the planner; the
   *     message names the step and how values lie there
   */
  public String certify() {
    return Certification.of(plan, program);
  }

  /**
   * The plan's table.
   *
   * @return lines of text
   */
  public String explain() {
    return plan.explain();
  }

  /** As {@link #explain()}. */
  @Override
  public String toString() {
    return explain();
  }
}
