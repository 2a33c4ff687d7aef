package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Removes repeated and unneeded statements. */
public final class Simplification {
  private Simplification() {}

  /**
   * Computes each operation once.
   *
   * @param keep values that are computed under their own names even if another value has the same
   *     operation
   * @param same receives the replacement of each removed value
   * @return a program in which no two statements have the same operation, except for kept values
   */
  public static Program commonSubexpressions(
      Program program, Set<Value> keep, Map<Value, Value> same) {
    Map<Operation, Statement> first = new HashMap<>();
    List<Statement> kept = new ArrayList<>();
    for (Statement statement : program.statements()) {
      Statement now = OperandSubstitution.replace(statement, same);
      Statement before = first.putIfAbsent(now.operation(), now);
      if (before == null || now.results().stream().anyMatch(keep::contains)) {
        kept.add(now);
        continue;
      }
      for (int i = 0; i < before.results().size(); i++) {
        same.put(now.results().get(i), before.results().get(i));
      }
    }
    return new Program(
        program.name(),
        program.inputs(),
        kept,
        OperandSubstitution.replace(program.outputs(), same));
  }

  /**
   * Removes statements that no output needs.
   *
   * @return a program in which every statement is needed
   */
  public static Program deadCode(Program program) {
    Set<Value> needed = new HashSet<>(program.outputs());
    List<Statement> kept = new ArrayList<>();
    for (Statement statement : program.statements().reversed()) {
      if (statement.results().stream().anyMatch(needed::contains)) {
        needed.addAll(statement.operation().operands());
        kept.add(statement);
      }
    }
    return new Program(program.name(), program.inputs(), kept.reversed(), program.outputs());
  }
}
