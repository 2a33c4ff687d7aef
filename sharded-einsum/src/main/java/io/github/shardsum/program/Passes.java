package io.github.shardsum.program;

import io.github.shardsum.program.Nested.Composite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Programs made of programs that compute the same values. Pure functions, deterministic; inputs and
 * the number, order and types of outputs stay, names of outputs may not.
 */
public final class Passes {
  private Passes() {}

  /**
   * Operations that are computed twice are computed once; bodies of loops and decompositions are
   * compared whole.
   *
   * @param program the program
   * @return one in which no two statements have the same operation
   */
  public static Program commonSubexpressions(Program program) {
    return commonSubexpressions(program, Set.of());
  }

  /**
   * As {@link #commonSubexpressions(Program)}, but values to keep are computed under their names.
   */
  static Program commonSubexpressions(Program program, Set<Value> keep) {
    Map<Operation, Statement> first = new HashMap<>();
    Map<Value, Value> same = new HashMap<>();
    List<Statement> kept = new ArrayList<>();
    for (Statement statement : program.statements()) {
      Operation operation = on(statement.operation(), same);
      Statement now = new Statement(statement.results(), operation);
      Statement before = first.putIfAbsent(operation, now);
      if (before == null || now.results().stream().anyMatch(keep::contains)) {
        kept.add(now);
      } else {
        for (int i = 0; i < now.results().size(); i++) {
          same.put(now.results().get(i), before.results().get(i));
        }
      }
    }
    return new Program(program.name(), program.inputs(), kept, replaced(program.outputs(), same));
  }

  /**
   * Statements of which no output needs a result go.
   *
   * @param program the program
   * @return one in which every statement is needed
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

  /**
   * Composites become their decompositions, those inside of decompositions too.
   *
   * @param program the program
   * @param which which composites
   * @return one without such composites
   */
  public static Program decompose(Program program, Predicate<Composite> which) {
    boolean none =
        program.statements().stream()
            .noneMatch(each -> each.operation() instanceof Composite c && which.test(c));
    if (none) {
      return program;
    }
    ProgramBuilder builder = new ProgramBuilder(program.name());
    builder.reserve(program);
    program.inputs().forEach(builder::copyInput);
    Map<Value, Value> same = new HashMap<>();
    for (Statement statement : program.statements()) {
      Operation operation = on(statement.operation(), same);
      if (operation instanceof Composite composite && which.test(composite)) {
        Program inner = decompose(composite.decomposition(), which);
        List<Value> results = builder.inline(inner, composite.operands());
        for (int i = 0; i < results.size(); i++) {
          same.put(statement.results().get(i), results.get(i));
        }
      } else {
        builder.copy(new Statement(statement.results(), operation));
      }
    }
    replaced(program.outputs(), same).forEach(builder::output);
    return builder.build();
  }

  /**
   * Values that are computed again for their late uses instead of being kept: of the uses of such a
   * value in order, those after the longest stretch of statements without one read a second
   * computation, made just before the first of them. Values that it reads and that are named too
   * are computed again for it.
   *
   * @param program the program
   * @param names names of results to compute again
   * @return the program with second computations; {@link #commonSubexpressions} would undo it
   * @throws ProgramException if a name is no result of the program
   */
  public static Program rematerialize(Program program, Set<String> names) {
    return names.isEmpty() ? program : new Rematerialization(program, names).run();
  }

  static Operation on(Operation operation, Map<Value, Value> same) {
    List<Value> operands = operation.operands();
    for (Value operand : operands) {
      if (same.containsKey(operand)) {
        return operation.withOperands(replaced(operands, same));
      }
    }
    return operation;
  }

  static List<Value> replaced(List<Value> values, Map<Value, Value> same) {
    return values.stream().map(value -> same.getOrDefault(value, value)).toList();
  }
}
