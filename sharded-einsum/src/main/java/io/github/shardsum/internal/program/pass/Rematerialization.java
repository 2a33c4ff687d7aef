package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
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
 * Computes named values a second time for their late uses; see {@link
 * io.github.shardsum.program.Passes#rematerialize}.
 */
public final class Rematerialization {
  private final Program program;
  private final ProgramEditor editor;
  private final Map<Value, Integer> definedAt = new HashMap<>();

  /** Statements that read a value, in order. */
  private final Map<Value, List<Integer>> usesOf = new HashMap<>();

  /** For each value to compute again, the first statement whose use is late. */
  private final Map<Value, Integer> lateFrom = new HashMap<>();

  /**
   * For each value to compute again, the last statement before the late use that reads or makes the
   * value.
   */
  private final Map<Value, Integer> earlyUntil = new HashMap<>();

  /** For each value to compute again, the last statement that reads it. */
  private final Map<Value, Integer> lateUntil = new HashMap<>();

  private final Map<Value, Value> again = new HashMap<>();

  /** For each value that was computed again, the statement before which its copy is made. */
  private final Map<Value, Integer> madeBefore = new HashMap<>();

  private Rematerialization(Program program, Set<String> names) {
    this.program = program;
    this.editor = new ProgramEditor(program);
    for (int i = 0; i < program.statements().size(); i++) {
      for (Value result : program.statements().get(i).results()) {
        definedAt.put(result, i);
      }
      for (Value operand : new HashSet<>(program.statements().get(i).operation().operands())) {
        usesOf.computeIfAbsent(operand, _ -> new ArrayList<>()).add(i);
      }
    }
    List<Value> values = new ArrayList<>();
    Set<Integer> computedAgain = new HashSet<>();
    for (String name : names) {
      Value value = program.value(name);
      if (!definedAt.containsKey(value)) {
        throw ProgramException.at(
            "rematerialize " + name, "value must be a result, got the input " + value);
      }
      values.add(value);
      computedAgain.add(definedAt(value));
    }
    for (Value value : values) {
      earlyUntil.put(value, usesOf.getOrDefault(value, List.of(definedAt(value))).getLast());
      lateUse(value, computedAgain).ifPresent(use -> lateFrom.put(value, use));
    }
  }

  /**
   * Finds where the late use of a value begins: after the longest stretch without a reader. A
   * statement whose own results are computed again never begins it.
   */
  private Optional<Integer> lateUse(Value value, Set<Integer> again) {
    List<Integer> uses = new ArrayList<>();
    uses.add(definedAt(value));
    uses.addAll(usesOf.getOrDefault(value, List.of()));
    lateUntil.put(value, uses.getLast());
    int longest = 0;
    Optional<Integer> late = Optional.empty();
    for (int i = 1; i < uses.size(); i++) {
      int stretch = uses.get(i) - uses.get(i - 1);
      if (stretch > longest && !again.contains(uses.get(i))) {
        longest = stretch;
        late = Optional.of(uses.get(i));
        earlyUntil.put(value, uses.get(i - 1));
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
          now.put(operand, recompute(operand, i));
        }
      }
      editor.keep(OperandSubstitution.replace(statement, now));
    }
    return Simplification.deadCode(editor.program(program.outputs()));
  }

  /**
   * The value that a statement reads. Early readers read the original; later readers of the program
   * read a second copy. Recomputations after the program's last reader share a third copy, so that
   * the second need not be kept for them.
   */
  private Value recompute(Value value, int before) {
    if (before <= earlyUntil.getOrDefault(value, -1)) {
      return value;
    }
    Value known = again.get(value);
    int last = lateUntil.getOrDefault(value, -1);
    if (known != null && (before <= last || madeBefore.getOrDefault(value, -1) > last)) {
      return known;
    }
    Statement statement = program.statements().get(definedAt(value));
    Map<Value, Value> operands = new HashMap<>();
    for (Value operand : statement.operation().operands()) {
      if (earlyUntil.containsKey(operand)) {
        operands.put(operand, recompute(operand, before));
      }
    }
    List<Value> results = editor.add(OperandSubstitution.replace(statement.operation(), operands));
    for (int i = 0; i < results.size(); i++) {
      again.put(statement.results().get(i), results.get(i));
      madeBefore.put(statement.results().get(i), before);
    }
    return results.get(statement.results().indexOf(value));
  }
}
