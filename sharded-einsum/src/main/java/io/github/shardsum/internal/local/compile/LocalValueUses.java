package io.github.shardsum.internal.local.compile;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The readers of each value of a program. */
final class LocalValueUses {
  private final Program program;
  private final Map<Value, List<Integer>> uses = new HashMap<>();
  private final Map<Value, Integer> definitions = new HashMap<>();

  LocalValueUses(Program program) {
    this.program = program;
    for (int i = 0; i < program.statements().size(); i++) {
      Statement statement = program.statements().get(i);
      for (Value operand : statement.operation().operands()) {
        uses.computeIfAbsent(operand, _ -> new ArrayList<>()).add(i);
      }
      for (Value result : statement.results()) {
        definitions.put(result, i);
      }
    }
  }

  /** Statements that read a value, with one entry for each read. */
  List<Integer> of(Value value) {
    return uses.getOrDefault(value, List.of());
  }

  boolean isOutput(Value value) {
    return program.outputs().contains(value);
  }

  /** The statement that defines a value, -1 for an input. */
  int definition(Value value) {
    return definitions.getOrDefault(value, -1);
  }
}
