package io.github.shardsum.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Computes named values a second time for their late uses; see {@link Passes#rematerialize}. */
final class Rematerialization {
  private final Program program;
  private final ProgramBuilder builder;
  private final Map<Value, Integer> definedAt = new HashMap<>();

  /** For each value to compute again, the first statement whose use is late. */
  private final Map<Value, Integer> lateFrom = new HashMap<>();

  private final Map<Value, Value> again = new HashMap<>();

  Rematerialization(Program program, Set<String> names) {
    this.program = program;
    this.builder = new ProgramBuilder(program.name());
    for (int i = 0; i < program.statements().size(); i++) {
      for (Value result : program.statements().get(i).results()) {
        definedAt.put(result, i);
      }
    }
    for (String name : names) {
      Value value = program.value(name);
      if (!definedAt.containsKey(value)) {
        throw ProgramException.at(
            "rematerialize " + name, "a result is wanted, got the input " + value);
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

  Program run() {
    builder.reserve(program);
    program.inputs().forEach(builder::copyInput);
    for (int i = 0; i < program.statements().size(); i++) {
      Statement statement = program.statements().get(i);
      Map<Value, Value> now = new HashMap<>();
      for (Value operand : statement.operation().operands()) {
        Integer late = lateFrom.get(operand);
        if (late != null && i >= late) {
          now.put(operand, secondly(operand));
        }
      }
      builder.copy(new Statement(statement.results(), Passes.on(statement.operation(), now)));
    }
    program.outputs().forEach(builder::output);
    return builder.build();
  }

  private Value secondly(Value value) {
    Value known = again.get(value);
    if (known != null) {
      return known;
    }
    Statement statement = program.statements().get(definedAt(value));
    Map<Value, Value> operands = new HashMap<>();
    for (Value operand : statement.operation().operands()) {
      if (lateFrom.containsKey(operand)) {
        operands.put(operand, secondly(operand));
      }
    }
    List<Value> results = builder.add(Passes.on(statement.operation(), operands));
    for (int i = 0; i < results.size(); i++) {
      again.putIfAbsent(statement.results().get(i), results.get(i));
    }
    return results.get(statement.results().indexOf(value));
  }
}
