package io.github.shardsum.partition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.layout.EquationProgram;
import io.github.shardsum.internal.partition.plan.ProgramPlanning;
import io.github.shardsum.internal.partition.text.CertificationText;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The cheapest plan of one einsum with operands and result on a mesh; an immutable value, equal for
 * equal arguments.
 *
 * @param equation the equation with its layouts
 * @param dtype dtype of operands and result
 * @param plan the steps; the plan's inputs are the operands, and its output is the result, in the
 *     layouts of the equation
 * @param cost the price of the steps: elements received, 1,000 elements for each collective, and
 *     one element for 200 multiply-adds; or seconds if there is a topology
 */
public record ShardedEinsumPlan(Equation equation, DType dtype, SpmdPlan plan, double cost) {
  /**
   * Plans an einsum.
   *
   * @param equation the equation with its layouts, such as {@code G@x S E C, G@x S M -> E@x G C M}
   * @param mesh the devices
   * @param shapes logical shapes of the operands
   * @param sizes sizes of labels that only the output has
   * @param dtype dtype of operands and result
   * @param options the options by which plans are chosen
   * @return the plan
   * @throws IllegalArgumentException if the equation names an axis that the mesh does not have, or
   *     the shapes do not fit it
   * @throws PlanException if no plan stays within the limits
   */
  public static ShardedEinsumPlan of(
      Equation equation,
      Mesh mesh,
      List<Shape> shapes,
      Map<String, Long> sizes,
      DType dtype,
      PlanOptions options) {
    Objects.requireNonNull(dtype, "dtype");
    EquationProgram program = EquationProgram.of(equation, mesh, shapes, sizes, dtype);
    ProgramPlan planned = ProgramPlanning.plan(program, mesh, options);
    return new ShardedEinsumPlan(equation, dtype, numbered(planned.plan()), planned.cost());
  }

  /**
   * The plan with operands named by their numbers, and intermediates by the steps that make them.
   */
  private static SpmdPlan numbered(SpmdPlan plan) {
    Map<String, String> numbers = new HashMap<>();
    plan.inputs().forEach(x -> numbers.put(x.name(), Integer.toString(numbers.size())));
    String result = plan.value(plan.outputs().getFirst()).name();
    numbers.put(result, result);
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      step.results().forEach(made -> numbers.putIfAbsent(made.name(), "step:" + steps.size()));
      List<PlannedValue> results =
          step.results().stream().map(value -> named(value, numbers)).toList();
      steps.add(new PlanStep(step.action(), step.operands(), results, step.origin()));
    }
    List<PlannedValue> inputs = plan.inputs().stream().map(x -> named(x, numbers)).toList();
    return new SpmdPlan(plan.mesh(), inputs, steps, plan.outputs(), plan.sums());
  }

  private static PlannedValue named(PlannedValue value, Map<String, String> names) {
    String name = names.getOrDefault(value.name(), value.name());
    return new PlannedValue(name, value.dtype(), value.shape(), value.layout());
  }

  /**
   * Follows the plan with a checker that shares no code with the planner.
   *
   * @return the proof in a sentence
   * @throws IllegalStateException if the plan is refused, which is a defect of the planner; the
   *     message names the step and the layouts of its values
   */
  public String certify() {
    return CertificationText.of(plan, equation, dtype);
  }

  /**
   * The plan as JSON, an object on one line.
   *
   * @return the text
   */
  public String toJson() {
    return plan.toJson(PlanOptions.defaults());
  }

  /** The plan's table. */
  @Override
  public String toString() {
    return equation + "\n" + plan.explain();
  }
}
