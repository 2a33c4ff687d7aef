package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One-hots, and large values computed from one and small operands. A local program gathers and
 * scatters by their positions and never stores them, unless a reshard lies between; so a free slice
 * of such a value is not free.
 */
final class OneHots {
  /** A product with a one-hot is one if its other operands have one in so many elements. */
  private static final long SMALLER = 4;

  private final Set<Value> values = new HashSet<>();

  OneHots(Program program) {
    for (Statement statement : program.statements()) {
      if (isOneHot(statement)) {
        values.addAll(statement.results());
      }
    }
  }

  private boolean isOneHot(Statement statement) {
    Operation operation = statement.operation();
    List<Value> operands = operation.operands();
    boolean any = operands.stream().anyMatch(values::contains);
    return switch (operation) {
      case Selection.OneHot _ -> true;
      case Movement.Split _, Movement.Merge _, Pointwise.Convert _, Contraction.Reduce _ -> any;
      case Contraction.Einsum _ ->
          any
              && operands.stream()
                  .allMatch(
                      operand ->
                          values.contains(operand)
                              || SMALLER * elements(operand) <= elements(statement.result()));
      default -> false;
    };
  }

  private static long elements(Value value) {
    return value.type().shape().elementCount();
  }

  /** Whether a statement reads or makes a one-hot. */
  boolean isIn(Statement statement) {
    return statement.operation().operands().stream().anyMatch(values::contains)
        || statement.results().stream().anyMatch(values::contains);
  }
}
