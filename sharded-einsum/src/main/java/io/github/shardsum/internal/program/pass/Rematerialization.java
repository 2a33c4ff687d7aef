package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Computes named values a second time for their late uses; see {@link
 * io.github.shardsum.program.Passes#rematerialize}.
 */
public final class Rematerialization {
  private final Program program;
  private final ProgramEditor editor;
  private final Map<Value, Integer> definedAt = new HashMap<>();

  /** For each value to compute again, the first statement whose use is late. */
  private final Map<Value, Integer> lateFrom = new HashMap<>();

  private final Map<Value, Value> again = new HashMap<>();

  private Rematerialization(Program program, Set<String> names) {
    this.program = program;
    this.editor = new ProgramEditor(program);
    for (int i = 0; i < program.statements().size(); i++) {
      for (Value result : program.statements().get(i).results()) {
        definedAt.put(result, i);
      }
    }
    for (String name : names) {
      Value value = program.value(name);
      if (!definedAt.containsKey(value)) {
        throw ProgramException.at(
            "rematerialize " + name, "value must be a result, got the input " + value);
      }
      lateUse(value).ifPresent(use -> lateFrom.put(value, use));
    }
  }

  private Optional<Integer> lateUse(Value value) {
    List<Integer> uses = new ArrayList<>();
    uses.add(definedAt(value));
    for (int i = 0; i < program.statements().size(); i++) {
      if (program.statements().get(i).operation().operands().contains(value)) {
        uses.add(i);
      }
    }
    int longest = 0;
    Optional<Integer> late = Optional.empty();
    for (int i = 1; i < uses.size(); i++) {
      int stretch = uses.get(i) - uses.get(i - 1);
      if (stretch > longest) {
        longest = stretch;
        late = Optional.of(uses.get(i));
      }
    }
    return late;
  }

  private int definedAt(Value value) {
    return definedAt.getOrDefault(value, -1);
  }

  /**
   * Runs the pass.
   *
   * @param program the program
   * @param names names of results to compute again
   * @return the program with second computations
   */
  public static Program run(Program program, Set<String> names) {
    return new Rematerialization(program, names).run();
  }

  private Program run() {
    for (int i = 0; i < program.statements().size(); i++) {
      Statement statement = program.statements().get(i);
      Map<Value, Value> now = new HashMap<>();
      for (Value operand : statement.operation().operands()) {
        Integer late = lateFrom.get(operand);
        if (late != null && i >= late) {
          now.put(operand, recompute(operand));
        }
      }
      editor.keep(OperandSubstitution.replace(statement, now));
    }
    return editor.program(program.outputs());
  }

  private Value recompute(Value value) {
    Value known = again.get(value);
    if (known != null) {
      return known;
    }
    Statement statement = program.statements().get(definedAt(value));
    Map<Value, Value> operands = new HashMap<>();
    for (Value operand : statement.operation().operands()) {
      if (lateFrom.containsKey(operand)) {
        operands.put(operand, recompute(operand));
      }
    }
    List<Value> results = editor.add(OperandSubstitution.replace(statement.operation(), operands));
    for (int i = 0; i < results.size(); i++) {
      again.putIfAbsent(statement.results().get(i), results.get(i));
    }
    return results.get(statement.results().indexOf(value));
  }
}
