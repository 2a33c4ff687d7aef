package io.github.shardsum.internal.program.pass;

import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects the statements of a program and new statements between them. The program's statements
 * keep their names; new statements get names that the program does not have. Not thread-safe.
 */
final class ProgramEditor {
  private final Program program;
  private final Set<String> names = new HashSet<>();
  private final List<Statement> statements = new ArrayList<>();
  private int made;

  ProgramEditor(Program program) {
    this.program = program;
    program.inputs().forEach(value -> names.add(value.name()));
    program.statements().forEach(each -> each.results().forEach(value -> names.add(value.name())));
  }

  /** Adds a statement of the program, whose operands may be replaced. */
  void keep(Statement statement) {
    statements.add(statement);
  }

  /** Adds an operation whose results get new names. */
  List<Value> add(Operation operation) {
    List<Value> results = new ArrayList<>();
    for (ValueType type : TypeInference.infer(operation)) {
      String name;
      do {
        name = "v" + made++;
      } while (!names.add(name));
      results.add(new Value(name, type));
    }
    statements.add(new Statement(results, operation));
    return results;
  }

  /** Adds the statements of another program under new names, and returns the outputs. */
  List<Value> inline(Program other, List<Value> arguments) {
    Map<Value, Value> known = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      known.put(other.inputs().get(i), arguments.get(i));
    }
    for (Statement statement : other.statements()) {
      List<Value> results = add(OperandSubstitution.replace(statement.operation(), known));
      for (int i = 0; i < results.size(); i++) {
        known.put(statement.results().get(i), results.get(i));
      }
    }
    return OperandSubstitution.replace(other.outputs(), known);
  }

  /** The program of all added statements. */
  Program program(List<Value> outputs) {
    return new Program(program.name(), program.inputs(), statements, outputs);
  }
}
