package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The choices made so far; the key is everything that a choice depends on. Statements that differ
 * only in the names of their values, and whose operands exist in the same layouts, are split in the
 * same way, so that the many equal statements of a long program are planned once.
 */
final class EqualStatements {
  private final Map<Key, Known> known = new HashMap<>();

  /**
   * An operand.
   *
   * @param layouts all layouts in which it exists, in their order
   * @param again the operation and operands by which it may be made again
   */
  private record Operand(ValueType type, List<Layout> layouts, Optional<Again> again) {}

  private record Again(Operation operation, List<Operand> operands) {}

  /**
   * All that a choice depends on.
   *
   * @param operation the operation, with operands named by their places
   * @param homes the default layouts of the results
   */
  private record Key(
      Operation operation,
      List<ValueType> results,
      List<Operand> operands,
      List<Layout> homes,
      boolean isExact,
      boolean mayAdd) {}

  /**
   * A choice.
   *
   * @param planner the planner of an equal statement that was planned before
   * @param chosen the cheapest way
   */
  record Known(StatementPlanner planner, StatementPlanner.Chosen chosen) {
    static Known of(StatementPlanner planner) {
      return new Known(planner, planner.choose(1).getFirst());
    }
  }

  /**
   * The choice for a statement.
   *
   * @param supplies the sources of its operands
   * @param homes the default layouts of its results
   * @param isExact whether results must have all partial axes of their default layouts
   * @param mayAdd whether an axis may split a factor that no operand and no result has split
   * @param planner plans the statement if no equal statement was planned before
   */
  Known choice(
      Statement statement,
      List<OperandSupply> supplies,
      List<Layout> homes,
      boolean isExact,
      boolean mayAdd,
      Supplier<StatementPlanner> planner) {
    Optional<List<Operand>> operands = operands(supplies);
    if (operands.isEmpty() || statement.operation() instanceof Nested) {
      return Known.of(planner.get());
    }
    List<ValueType> results = statement.results().stream().map(Value::type).toList();
    Key key =
        new Key(unnamed(statement.operation()), results, operands.get(), homes, isExact, mayAdd);
    Known choice = known.get(key);
    if (choice == null) {
      choice = Known.of(planner.get());
      known.put(key, choice);
    }
    return choice;
  }

  /** The operands with their layouts; none if an operand is planned together with the statement. */
  private static Optional<List<Operand>> operands(List<OperandSupply> supplies) {
    List<Operand> operands = new ArrayList<>();
    for (OperandSupply supply : supplies) {
      switch (supply) {
        case OperandSupply.Held held -> operands.add(operand(held, Optional.empty()));
        case OperandSupply.Expanded(OperandSupply.Held held, Expansion again) -> {
          Operation operation = unnamed(again.statement().operation());
          operands.add(
              operand(held, operands(again.operands()).map(from -> new Again(operation, from))));
        }
        case DeferredOperand _ -> {
          return Optional.empty();
        }
      }
    }
    return Optional.of(operands);
  }

  private static Operand operand(OperandSupply.Held held, Optional<Again> again) {
    HeldLayouts holding = held.holding();
    return new Operand(holding.value().type(), List.copyOf(holding.layouts()), again);
  }

  /** The operation with each operand named by the first place at which it is read. */
  private static Operation unnamed(Operation operation) {
    List<Value> read = operation.operands();
    List<Value> named = new ArrayList<>();
    for (Value operand : read) {
      named.add(new Value("operand" + read.indexOf(operand), operand.type()));
    }
    return OperandSubstitution.withOperands(operation, named);
  }
}
