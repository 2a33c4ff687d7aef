package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.partition.run.OneHotExpansions;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Trees of einsums: an einsum that only another einsum reads is put off and planned together with
 * its reader.
 */
final class EinsumTrees {
  private final ReshardWays ways;
  private final OneHotExpansions oneHots;
  private final Set<Value> outputs;

  /** The statements that read each value, once for each operand. */
  private final Map<Value, List<Statement>> readers = new HashMap<>();

  /** Einsums that are planned together with their readers. */
  private final Map<Value, Statement> putOff = new HashMap<>();

  EinsumTrees(ReshardWays ways, Program program) {
    this.ways = ways;
    this.oneHots = OneHotExpansions.of(program);
    this.outputs = Set.copyOf(program.outputs());
    for (Statement statement : program.statements()) {
      for (Value operand : statement.operation().operands()) {
        readers.computeIfAbsent(operand, _ -> new ArrayList<>()).add(statement);
      }
    }
  }

  /** Whether a statement is an einsum that only another einsum reads. */
  boolean isInner(Statement statement) {
    return statement.operation() instanceof Contraction.Einsum
        && onlyReader(statement)
            .filter(reader -> reader.operation() instanceof Contraction.Einsum)
            .isPresent();
  }

  /** The statement that is the only reader of a statement's single result. */
  Optional<Statement> onlyReader(Statement statement) {
    List<Statement> by = readers.getOrDefault(statement.results().getFirst(), List.of());
    return statement.results().size() == 1
            && !outputs.contains(statement.result())
            && by.size() == 1
        ? Optional.of(by.getFirst())
        : Optional.empty();
  }

  void putOff(Statement statement) {
    putOff.put(statement.result(), statement);
  }

  /** Whether a value was put off, and is planned now. */
  boolean take(Value value) {
    return putOff.remove(value) != null;
  }

  /**
   * The sources of operands: most exist, and one that was put off is planned together with its
   * reader.
   */
  List<OperandSupply> supplies(Statement statement, PlanState state) {
    List<OperandSupply> supplies = new ArrayList<>();
    for (Value operand : statement.operation().operands()) {
      Statement made = putOff.get(operand);
      if (made == null) {
        supplies.add(state.supply(operand));
      } else {
        List<OperandSupply> inner = supplies(made, state);
        StatementPlanner planner = planner(made, inner, List.of(), false);
        supplies.add(new DeferredOperand(ways, made, inner, planner));
      }
    }
    return supplies;
  }

  /** The planner of a statement whose results have default layouts, or none within a tree. */
  StatementPlanner planner(
      Statement statement, List<OperandSupply> supplies, List<Layout> homes, boolean isExact) {
    Set<String> asked = asked(statement, supplies, homes);
    return new StatementPlanner(
        ways, statement, supplies, homes, isExact, mayAdd(statement), asked);
  }

  /** Whether an axis may split a factor of a statement that no value has split. */
  boolean mayAdd(Statement statement) {
    return !oneHots.isIn(statement);
  }

  /** The axes that operands and results of a tree have on labels, such as {@code x label}. */
  private Set<String> asked(Statement statement, List<OperandSupply> supplies, List<Layout> homes) {
    Set<String> asked = new HashSet<>();
    if (supplies.stream().noneMatch(DeferredOperand.class::isInstance)) {
      return asked;
    }
    homes.forEach(home -> ask(home, home.term(), asked));
    for (int i = 0; i < supplies.size(); i++) {
      Term term = ((Contraction.Einsum) statement.operation()).equation().operand(i);
      switch (supplies.get(i)) {
        case OperandSupply.Held held -> ask(held, term, asked);
        case OperandSupply.Expanded expanded -> ask(expanded.held(), term, asked);
        case DeferredOperand pending ->
            asked.addAll(asked(pending.statement(), pending.operands(), List.of()));
      }
    }
    return asked;
  }

  private static void ask(OperandSupply.Held held, Term term, Set<String> asked) {
    held.holding().layouts().forEach(layout -> ask(layout, term, asked));
  }

  private static void ask(Layout layout, Term term, Set<String> asked) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      String label = term.axis(dim).label();
      layout.axes(dim).forEach(axis -> asked.add(axis + " " + label));
    }
  }
}
