package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A copy of a program, made statement by statement, with changes; used once. */
public final class ProgramCopy {
  private final ProgramBuilder builder;
  private final Map<Value, Value> known = new HashMap<>();

  public ProgramCopy(String name) {
    this.builder = Program.builder(name);
  }

  /** The builder, to add operations that replace no statement. */
  public ProgramBuilder builder() {
    return builder;
  }

  /** Declares an input of another type, or an input in place of a result. */
  public void input(Value old, ValueType type) {
    known.put(old, builder.input(old.name(), type));
  }

  /** Annotates a value for all its readers. */
  public void annotate(Value old, Annotation annotation) {
    // Uses {@code add} and not {@code annotate}, since the value may have no readers.
    Value annotated = builder.add(new Annotate(of(old), annotation)).getFirst();
    known.put(old, builder.let(builder.unusedName(old.name() + ".laid"), annotated));
  }

  /** Replaces a value, for all its readers, by another value of the copy. */
  public void replace(Value old, Value by) {
    known.put(old, by);
  }

  /** The value of the copy that replaces an old value. */
  public Value of(Value old) {
    Value value = known.get(old);
    if (value == null) {
      throw new IllegalArgumentException("copy: there is nothing for " + old);
    }
    return value;
  }

  /** Copies a statement, whose operands may have new types. */
  public void add(Statement statement) {
    List<Value> operands = statement.operation().operands().stream().distinct().toList();
    Program alone = new Program("alone", operands, List.of(statement), statement.results());
    put(statement, builder.inline(alone, operands.stream().map(this::of).toList()));
  }

  /**
   * Adds an operation in place of a statement's operation.
   *
   * @param operation the operation, on values of the copy
   */
  public void add(Statement statement, Operation operation) {
    put(statement, builder.add(operation));
  }

  private void put(Statement statement, List<Value> results) {
    for (int i = 0; i < results.size(); i++) {
      Value old = statement.results().get(i);
      known.put(old, builder.let(old.name(), results.get(i)));
    }
  }

  /** The copy, whose outputs are the replacements of the given values. */
  public Program build(List<Value> outputs) {
    outputs.stream().map(this::of).forEach(builder::output);
    return builder.build();
  }
}
