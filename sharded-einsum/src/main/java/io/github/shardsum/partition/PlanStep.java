package io.github.shardsum.partition;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * One step of a plan: the action of every device, its operands and its results; an immutable value.
 *
 * @param action the action
 * @param operands numbers of the values that the step reads, see {@link SpmdPlan}. Einsums,
 *     statements, loops and sums that are packed into one {@link Action.AllReduce} may read
 *     several; other steps read one
 * @param results the values that the step computes. Statements and loops may have several, packed
 *     sums have one for each operand, and other steps have one
 * @param origin the reason for the step
 */
public record PlanStep(
    Action action, List<Integer> operands, List<PlannedValue> results, Origin origin) {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there are fewer or more operands or results than the step
   *     may have
   */
  public PlanStep {
    operands = List.copyOf(operands);
    results = List.copyOf(results);
    Objects.requireNonNull(origin, "origin");
    boolean program =
        action instanceof Action.Apply
            || action instanceof Action.Loop
            || action instanceof Action.Partitioned
            || action instanceof Action.Communicate;
    boolean isPacked = action instanceof Action.AllReduce && operands.size() == results.size();
    boolean many =
        program
            || isPacked
            || action instanceof Action.Windows
            || action instanceof Action.Neighbour;
    if ((operands.isEmpty() && !program) || (!many && operands.size() > 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "step %s: operands must be %s, got %s",
              action.op(),
              many ? "at least one" : "one",
              operands));
    }
    if (results.isEmpty() || (!program && !isPacked && results.size() > 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "step %s: results must be %s, got %s",
              action.op(),
              program ? "at least one" : "one",
              results));
    }
  }

  /**
   * A step of one result.
   *
   * @param action the action
   * @param operands numbers of the values that the step reads
   * @param result the value that the step computes
   * @param origin the reason for the step
   */
  public PlanStep(Action action, List<Integer> operands, PlannedValue result, Origin origin) {
    this(action, operands, List.of(result), origin);
  }

  /**
   * The first result, which is the only one of most steps.
   *
   * @return the value
   */
  public PlannedValue result() {
    return results.getFirst();
  }
}
