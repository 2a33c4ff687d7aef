package io.github.shardsum.internal.partition.run;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Selection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Values that each segment computes again instead of reading them from another segment: one-hots,
 * and values computed from a one-hot and small operands. Such values are large and cheap to
 * compute. A local program that contains their computation gathers and scatters by their positions
 * instead of multiplying by them.
 */
final class Expansions {
  /**
   * A product with a one-hot is expanded if its other operands have at most one in so many
   * elements.
   */
  private static final long SMALLER = 4;

  private final int[] makers;
  private final Set<Integer> expanded = new HashSet<>();

  Expansions(SpmdPlan plan) {
    List<PlannedValue> values = plan.values();
    this.makers = Schedule.makers(plan, values.size());
    for (int number = plan.inputs().size(); number < makers.length; number++) {
      PlanStep step = plan.steps().get(makers[number]);
      if (step.action() instanceof Action.Apply apply
          && isExpanded(apply.statement().operation(), step, values, number)) {
        expanded.add(number);
      }
    }
  }

  private boolean isExpanded(
      Operation operation, PlanStep step, List<PlannedValue> values, int number) {
    boolean any = step.operands().stream().anyMatch(expanded::contains);
    return switch (operation) {
      case Selection.OneHot _ -> true;
      case Movement.Split _, Movement.Merge _, Pointwise.Convert _, Contraction.Reduce _ -> any;
      case Contraction.Einsum _ ->
          any
              && step.operands().stream()
                  .allMatch(
                      operand ->
                          expanded.contains(operand)
                              || SMALLER * values.get(operand).localElements()
                                  <= values.get(number).localElements());
      default -> false;
    };
  }

  /** Whether a value is made again by each segment that reads it. */
  boolean contains(int value) {
    return expanded.contains(value);
  }

  /** The step that makes a value. */
  int maker(int value) {
    return makers[value];
  }
}
