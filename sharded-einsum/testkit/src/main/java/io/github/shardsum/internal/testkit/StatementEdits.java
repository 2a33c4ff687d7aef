package io.github.shardsum.internal.testkit;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ProgramCase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Edits of a failing example: programs of fewer statements or outputs. */
final class StatementEdits {
  private final Program program;
  private final Map<Value, Tensor> values;

  private StatementEdits(ProgramCase from) {
    this.program = from.program();
    this.values = values(from);
  }

  /** The computed value of every value of the program. */
  private static Map<Value, Tensor> values(ProgramCase from) {
    Program program = from.program();
    List<Value> all = new ArrayList<>(program.inputs());
    program.statements().forEach(statement -> all.addAll(statement.results()));
    Program shown = new Program(program.name(), program.inputs(), program.statements(), all);
    Map<Value, Tensor> values = new HashMap<>();
    try (Executable reference = new ReferenceBackend().compile(shown)) {
      List<Tensor> tensors = reference.run(from.inputs());
      for (int i = 0; i < all.size(); i++) {
        values.put(all.get(i), tensors.get(i));
      }
    }
    return values;
  }

  /** Programs of only some neighbouring statements, the fewest first. */
  static List<Supplier<ProgramCase>> windows(ProgramCase from) {
    StatementEdits edits = new StatementEdits(from);
    int count = edits.program.statements().size();
    List<Supplier<ProgramCase>> windows = new ArrayList<>();
    for (int size = 1; size < count; size += 1 + size / 2) {
      for (int at = 0; at + size <= count; at++) {
        List<Statement> some = edits.program.statements().subList(at, at + size);
        windows.add(() -> edits.alone(some));
      }
    }
    return windows;
  }

  /**
   * Programs of only some statements: the values that these read become inputs, and the results
   * that they do not read become outputs.
   */
  private ProgramCase alone(List<Statement> some) {
    Set<Value> read = new LinkedHashSet<>();
    Set<Value> made = new LinkedHashSet<>();
    for (Statement statement : some) {
      read.addAll(statement.operation().operands());
      made.addAll(statement.results());
    }
    List<Value> outputs = new ArrayList<>(made);
    outputs.removeAll(read);
    read.removeAll(made);
    return UnusedEdits.removed(
        new Program(program.name(), List.copyOf(read), some, outputs), values);
  }

  /** The program of only some statements, see {@link #alone}. */
  static ProgramCase only(ProgramCase from, List<Statement> some) {
    return new StatementEdits(from).alone(some);
  }

  /** Programs with one output less. */
  static List<Supplier<ProgramCase>> withoutAnOutput(ProgramCase from) {
    List<Supplier<ProgramCase>> fewer = new ArrayList<>();
    if (from.program().outputs().size() > 1) {
      StatementEdits edits = new StatementEdits(from);
      for (int i = 0; i < from.program().outputs().size(); i++) {
        List<Value> outputs = new ArrayList<>(from.program().outputs());
        outputs.remove(i);
        fewer.add(() -> edits.with(edits.program.statements(), outputs));
      }
    }
    return fewer;
  }

  /**
   * Programs in which the results of one statement are inputs, the last statement first. If no
   * output is left, the statement's operands are the outputs.
   */
  static List<Supplier<ProgramCase>> cut(ProgramCase from) {
    StatementEdits edits = new StatementEdits(from);
    List<Supplier<ProgramCase>> shorter = new ArrayList<>();
    for (Statement statement : edits.program.statements().reversed()) {
      List<Statement> others = new ArrayList<>(edits.program.statements());
      others.remove(statement);
      List<Value> outputs = new ArrayList<>(edits.program.outputs());
      outputs.removeAll(statement.results());
      if (outputs.isEmpty()) {
        outputs.addAll(new LinkedHashSet<>(statement.operation().operands()));
      }
      if (!outputs.isEmpty()) {
        shorter.add(() -> edits.with(others, outputs));
      }
    }
    return shorter;
  }

  /**
   * A program of some of the statements; its inputs are the values that these read and do not make.
   */
  private ProgramCase with(List<Statement> some, List<Value> outputs) {
    Set<Value> inputs = new LinkedHashSet<>(program.inputs());
    Set<Value> made = new HashSet<>();
    for (Statement statement : some) {
      for (Value operand : statement.operation().operands()) {
        if (!made.contains(operand)) {
          inputs.add(operand);
        }
      }
      made.addAll(statement.results());
    }
    return UnusedEdits.removed(
        new Program(program.name(), List.copyOf(inputs), some, outputs), values);
  }

  /** Programs with an operand in place of a result of the same type. */
  static List<Supplier<ProgramCase>> bypassed(ProgramCase from) {
    StatementEdits edits = new StatementEdits(from);
    List<Supplier<ProgramCase>> shorter = new ArrayList<>();
    for (Statement statement : edits.program.statements()) {
      for (Value operand : statement.operation().operands().stream().distinct().toList()) {
        if (operand.type().withoutLayout().equals(statement.result().type())) {
          shorter.add(() -> edits.without(statement, operand));
        }
      }
    }
    return shorter;
  }

  private ProgramCase without(Statement bypassed, Value operand) {
    ProgramCopy copy = new ProgramCopy(program.name());
    program.inputs().forEach(input -> copy.input(input, input.type()));
    for (Statement statement : program.statements()) {
      if (statement.equals(bypassed)) {
        copy.replace(statement.result(), copy.of(operand));
      } else {
        copy.add(statement);
      }
    }
    return UnusedEdits.removed(copy.build(program.outputs()), values);
  }
}
