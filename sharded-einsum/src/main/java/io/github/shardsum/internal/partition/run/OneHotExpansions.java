package io.github.shardsum.internal.partition.run;

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
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * One-hots, and large values that are computed from a one-hot and small operands. A local program
 * gathers and scatters by the one-hots' positions and stores none of these values, unless one is
 * resharded first. A slice, which is free for other values, is such a reshard.
 */
public final class OneHotExpansions {
  /**
   * A product with a one-hot is treated as a one-hot if its result has at least this number of
   * times the elements of each other operand.
   */
  private static final long SMALLER = 4;

  private final Set<Value> values = new HashSet<>();

  private OneHotExpansions(Program program) {
    for (Statement statement : program.statements()) {
      boolean isOneHot =
          isOneHot(
              statement.operation(),
              statement.operation().operands(),
              statement.result(),
              values::contains,
              value -> value.type().shape().elementCount());
      if (isOneHot) {
        values.addAll(statement.results());
      }
    }
  }

  /** The one-hots of a program. */
  public static OneHotExpansions of(Program program) {
    return new OneHotExpansions(program);
  }

  /**
   * Whether the result of an operation is a one-hot.
   *
   * @param oneHots whether an operand is a one-hot
   * @param elements gives the number of elements of an operand or the result
   * @param <V> values of a program, or of a plan
   */
  static <V> boolean isOneHot(
      Operation operation,
      List<V> operands,
      V result,
      Predicate<V> oneHots,
      ToLongFunction<V> elements) {
    boolean any = operands.stream().anyMatch(oneHots);
    return switch (operation) {
      case Selection.OneHot _ -> true;
      case Movement.Split _, Movement.Merge _, Pointwise.Convert _, Contraction.Reduce _ -> any;
      case Contraction.Einsum _ ->
          any
              && operands.stream()
                  .allMatch(
                      operand ->
                          oneHots.test(operand)
                              || SMALLER * elements.applyAsLong(operand)
                                  <= elements.applyAsLong(result));
      default -> false;
    };
  }

  /**
   * Whether a statement reads or makes a one-hot.
   *
   * @param statement a statement of the program
   * @return true if it does
   */
  public boolean isIn(Statement statement) {
    return statement.operation().operands().stream().anyMatch(values::contains)
        || statement.results().stream().anyMatch(values::contains);
  }
}
