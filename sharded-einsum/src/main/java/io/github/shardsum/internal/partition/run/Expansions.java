package io.github.shardsum.internal.partition.run;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Values that each segment computes again instead of reading them from another segment: one-hots,
 * and values computed from a one-hot and small operands. Such values are large and cheap to
 * compute. A local program that computes a one-hot gathers and scatters by its positions instead of
 * multiplying by the one-hot.
 */
final class Expansions {
  private final int[] makers;
  private final Set<Integer> expanded = new HashSet<>();

  Expansions(SpmdPlan plan) {
    List<PlannedValue> values = plan.values();
    Set<Integer> narrowed = DiagonalOperand.all(plan);
    this.makers = Schedule.makers(plan, values.size());
    for (int number = plan.inputs().size(); number < makers.length; number++) {
      PlanStep step = plan.steps().get(makers[number]);
      if (step.action() instanceof Action.Apply apply
          && !narrowed.contains(number)
          && OneHotExpansions.isOneHot(
              apply.statement().operation(),
              step.operands(),
              number,
              expanded::contains,
              value -> values.get(value).localElements())) {
        expanded.add(number);
      }
    }
  }

  /** Whether each segment that reads a value computes it again. */
  boolean contains(int value) {
    return expanded.contains(value);
  }

  /** The step that makes a value. */
  int maker(int value) {
    return makers[value];
  }
}
