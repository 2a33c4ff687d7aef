package io.github.shardsum.program;

import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.internal.program.types.TypeInference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Collects a program, operation by operation; not thread-safe. Algorithm 2 of the GShard paper:
 *
 * <pre>{@code
 * var p = Program.builder("moe");
 * var inputs = p.input("inputs", "f32[G=2 S=8 M=16]");
 * var wg = p.input("wg", "f32[M=16 E=4]");
 * var wi = p.input("wi", "f32[E=4 M=16 H=32]");
 * var wo = p.input("wo", "f32[E=4 H=32 M=16]");
 * var gates = p.softmax(p.einsum("GSM,ME->GSE", inputs, wg), "E");
 * var routed = p.composite("gating", gating, gates); // combine_weights, dispatch_mask
 * var dispatched = p.einsum("GSEC,GSM->EGCM", routed.get(1), inputs);
 * var h = p.relu(p.einsum("EGCM,EMH->EGCH", dispatched, wi));
 * var expertOutputs = p.einsum("EGCH,EHM->GECM", h, wo);
 * p.output("outputs", p.einsum("GSEC,GECM->GSM", routed.get(0), expertOutputs));
 * var moe = p.build();
 * }</pre>
 *
 * <p>Every method checks its operation at once and throws {@link ProgramException} with the
 * operation and every shape. Values are those of this builder. Results are numbered, {@code %0},
 * {@code %1} and so on, until {@link #build} gives them the names of {@link #let}, and v and the
 * number to those without one (or the next number that no other name has).
 */
public final class ProgramBuilder
    implements PointwiseMethods,
        ContractionMethods,
        SelectionMethods,
        SourceMethods,
        MovementMethods,
        NestedMethods {
  private final String name;
  private final List<Value> inputs = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final List<Value> outputs = new ArrayList<>();

  /** All values, and the names of those that have one. */
  private final Map<Value, Optional<String>> values = new HashMap<>();

  private final Set<String> names = new HashSet<>();
  private int results;

  ProgramBuilder(String name) {
    this.name = name;
  }

  private void take(String wanted) {
    if (!names.add(wanted)) {
      throw ProgramException.at("program " + name, "names must be distinct, got " + wanted);
    }
  }

  /**
   * A name that no input and no named result has.
   *
   * @param wanted the name, if it is free
   * @return the name, perhaps with a number after it
   */
  public String unusedName(String wanted) {
    String free = wanted;
    for (int i = 2; names.contains(free); i++) {
      free = wanted + "." + i;
    }
    return free;
  }

  /**
   * Whether a value is an input or was named by {@link #let}.
   *
   * @param value a value of this builder
   * @return whether it has a name
   */
  public boolean isNamed(Value value) {
    return values.getOrDefault(value, Optional.empty()).isPresent();
  }

  /**
   * Adds the statements of a program, its inputs being values of this builder.
   *
   * @param program what is added
   * @param arguments one value an input, of its type
   * @return the program's outputs
   */
  public List<Value> inline(Program program, List<Value> arguments) {
    if (arguments.size() != program.inputs().size()) {
      throw ProgramException.at(
          "inline " + program.name(),
          "arguments must be one an input of " + program.inputs() + ", got " + arguments);
    }
    Map<Value, Value> known = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      known.put(program.inputs().get(i), arguments.get(i));
    }
    for (Statement statement : program.statements()) {
      List<Value> added = add(OperandSubstitution.replace(statement.operation(), known));
      for (int i = 0; i < added.size(); i++) {
        known.put(statement.results().get(i), added.get(i));
      }
    }
    return OperandSubstitution.replace(program.outputs(), known);
  }

  /**
   * Declares an input.
   *
   * @param input its name
   * @param type its notation, as {@code f32[G=2 S=8 M=16]}
   * @return the value
   */
  public Value input(String input, String type) {
    return input(input, ValueType.parse(type));
  }

  /**
   * Declares an input.
   *
   * @param input its name
   * @param type its type
   * @return the value
   */
  public Value input(String input, ValueType type) {
    checkName("input " + input, input);
    Value value = new Value(input, type);
    take(input);
    inputs.add(value);
    values.put(value, Optional.of(input));
    return value;
  }

  private static void checkName(String where, String wanted) {
    if (!Value.isName(wanted)) {
      throw ProgramException.at(
          where,
          "name must have letters, digits, _ and ., the first no digit, got \"" + wanted + "\"");
    }
  }

  /**
   * Adds an operation; all other methods are short for this one.
   *
   * @param operation the operation, on this builder's values
   * @return its results, not yet named
   */
  @Override
  public List<Value> add(Operation operation) {
    for (Value operand : operation.operands()) {
      if (!values.containsKey(operand)) {
        throw ProgramException.of(
            operation, "operands must be values of this builder, got " + operand);
      }
    }
    List<Value> added = new ArrayList<>();
    for (ValueType type : TypeInference.infer(operation)) {
      added.add(new Value("%" + results++, type));
    }
    Statement statement = new Statement(added, operation);
    statements.add(statement);
    statement.results().forEach(value -> values.put(value, Optional.empty()));
    return statement.results();
  }

  /**
   * Names a result.
   *
   * @param wanted its name in the program
   * @param value a result of this builder that has no name yet
   * @return the same value, to be used as before
   */
  public Value let(String wanted, Value value) {
    String where = "let " + wanted;
    Optional<String> before = values.get(value);
    if (before == null) {
      throw ProgramException.at(where, "value must be a result of this builder, got " + value);
    }
    if (before.isPresent()) {
      throw ProgramException.at(
          where, "value must be a result without name, got " + before.get() + ": " + value.type());
    }
    checkName(where, wanted);
    take(wanted);
    values.put(value, Optional.of(wanted));
    return value;
  }

  /**
   * Makes a value an output under its own name.
   *
   * @param value an input or a result
   */
  public void output(Value value) {
    if (!values.containsKey(value)) {
      throw ProgramException.at(
          "output of program " + name, "output must be a value of this builder, got " + value);
    }
    outputs.add(value);
  }

  /**
   * Names a result and makes it an output.
   *
   * @param wanted its name
   * @param value a result that has no name yet
   */
  public void output(String wanted, Value value) {
    outputs.add(let(wanted, value));
  }

  /**
   * The program.
   *
   * @return an immutable program; the builder may go on
   */
  public Program build() {
    Map<Value, Value> named = new HashMap<>();
    List<Statement> lines = new ArrayList<>();
    int made = 0;
    for (Statement statement : statements) {
      List<Value> defined = new ArrayList<>();
      for (Value result : statement.results()) {
        Optional<String> given = values.getOrDefault(result, Optional.empty());
        made = Math.max(made, Integer.parseInt(result.name().substring(1)));
        while (given.isEmpty() && names.contains("v" + made)) {
          made++;
        }
        Value value = new Value(given.orElse("v" + made), result.type());
        made += given.isEmpty() ? 1 : 0;
        named.put(result, value);
        defined.add(value);
      }
      lines.add(new Statement(defined, OperandSubstitution.replace(statement.operation(), named)));
    }
    return new Program(name, inputs, lines, OperandSubstitution.replace(outputs, named));
  }
}
