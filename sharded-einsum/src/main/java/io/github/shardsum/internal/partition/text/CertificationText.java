package io.github.shardsum.internal.partition.text;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.internal.layout.EquationProgram;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Runs the checker on a plan and describes the result. */
public final class CertificationText {
  private CertificationText() {}

  public static String of(SpmdPlan plan, Equation equation, DType dtype) {
    EquationProgram asked;
    try {
      asked = asked(plan, equation, dtype);
    } catch (IllegalArgumentException other) {
      throw refused(equation, other);
    }
    return of(equation, () -> PlanChecker.check(plan, asked.program(), asked.layouts()));
  }

  /** The program of an equation; of an identity that no step computes, the program of a reshard. */
  private static EquationProgram asked(SpmdPlan plan, Equation equation, DType dtype) {
    if (plan.inputs().size() != equation.operandCount() || plan.outputs().size() != 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "plan: must have %d inputs and 1 outputs, got %d and %d",
              equation.operandCount(),
              plan.inputs().size(),
              plan.outputs().size()));
    }
    PlannedValue input = plan.inputs().getFirst();
    boolean isReshard =
        equation.operandCount() == 1
            && equation.operand(0).withoutLayout().equals(equation.output().withoutLayout())
            && plan.steps().stream().noneMatch(step -> step.action() instanceof Action.Apply);
    if (isReshard) {
      Layout from = new Layout(plan.mesh(), equation.operand(0));
      Layout to = new Layout(plan.mesh(), equation.output());
      return EquationProgram.reshard(from, to, input.shape(), dtype);
    }
    List<Shape> shapes = plan.inputs().stream().map(PlannedValue::shape).toList();
    Map<String, Long> made = made(equation, plan.value(plan.outputs().getFirst()).shape());
    return EquationProgram.of(equation, plan.mesh(), shapes, made, dtype);
  }

  /** The sizes in the result of labels that no operand has. */
  private static Map<String, Long> made(Equation equation, Shape result) {
    Map<String, Long> made = new HashMap<>();
    int dim = 0;
    for (Axis axis : equation.output().axes()) {
      boolean isMade =
          !axis.isEllipsis()
              && equation.operands().stream()
                  .noneMatch(
                      term -> term.axes().stream().anyMatch(x -> x.label().equals(axis.label())));
      if (isMade && dim < result.rank()) {
        made.put(axis.label(), result.size(dim));
      }
      dim += axis.isEllipsis() ? result.rank() - equation.output().size() + 1 : 1;
    }
    return made;
  }

  public static String of(SpmdPlan plan, Program program, Map<String, Layout> layouts) {
    return of("program " + program.name(), () -> PlanChecker.check(plan, program, layouts));
  }

  private static String of(Object what, Supplier<String> check) {
    try {
      return check.get();
    } catch (PlanRefusedException refused) {
      throw refused(what, refused);
    }
  }

  private static IllegalStateException refused(Object what, RuntimeException why) {
    return new IllegalStateException(
        String.format(Locale.ROOT, "plan of %s refused: %s", what, why.getMessage()), why);
  }
}
