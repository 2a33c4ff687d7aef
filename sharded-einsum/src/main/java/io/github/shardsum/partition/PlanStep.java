package io.github.shardsum.partition;

import java.util.List;
import java.util.Objects;

/**
 * One step of a plan: what every device does, to which values, and what comes of it; an immutable
 * value.
 *
 * @param action what is done
 * @param operands numbers of the values it reads, see {@link SpmdPlan}; one, but for an einsum
 * @param result the value it gives
 * @param origin why it is there
 */
public record PlanStep(Action action, List<Integer> operands, PlannedValue result, Origin origin) {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there is no operand, or more than one for a step that takes
   *     one
   */
  public PlanStep {
    operands = List.copyOf(operands);
    Objects.requireNonNull(result, "result");
    Objects.requireNonNull(origin, "origin");
    boolean many = action instanceof Action.Contract;
    if (operands.isEmpty() || (!many && operands.size() > 1)) {
      throw new IllegalArgumentException(
          "step %s: operands must be %s, got %s"
              .formatted(action.op(), many ? "at least one" : "one", operands));
    }
  }
}
