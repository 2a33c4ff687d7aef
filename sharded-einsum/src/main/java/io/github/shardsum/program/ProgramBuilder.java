package io.github.shardsum.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
 * operation and every shape. Values are those of this builder. A result that is given no name has a
 * made-up one, v0, v1 and so on, which it gives up for another where an input or {@link #let} wants
 * it; names are settled by {@link #build}, so until then a value may be called otherwise.
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

  /** Names of the program that were given and stay. */
  private final Set<String> names = new HashSet<>();

  private final Set<Value> known = new HashSet<>();
  private final Set<Value> madeUp = new HashSet<>();

  /** The name in the program of each value here that was given another one. */
  private final Map<String, String> renamed = new HashMap<>();

  /** The value that has a made-up name in the program, by that name. */
  private final Map<String, String> yielding = new HashMap<>();

  /** Names of values here, whatever they are called in the program. */
  private final Set<String> handles = new HashSet<>();

  /** The made-up names in the program of values here that gave up theirs. */
  private final Map<String, String> moved = new HashMap<>();

  private int made;

  ProgramBuilder(String name) {
    this.name = name;
  }

  private String fresh() {
    String next;
    do {
      next = "v" + made++;
    } while (isUsed(next));
    return next;
  }

  private boolean isUsed(String some) {
    return names.contains(some) || handles.contains(some) || yielding.containsKey(some);
  }

  private void take(String wanted) {
    if (!names.add(wanted)) {
      throw ProgramException.at("program " + name, "each name once is wanted, got " + wanted);
    }
    String handle = yielding.remove(wanted);
    if (handle != null) {
      String other = fresh();
      moved.put(handle, other);
      yielding.put(other, handle);
    }
  }

  /** Keeps names that will be copied from being made up before. */
  void reserve(Program program) {
    program.inputs().forEach(value -> names.add(value.name()));
    program.statements().forEach(each -> each.results().forEach(value -> names.add(value.name())));
  }

  /** Takes a name near to a wanted one. */
  String reserve(String wanted) {
    String name = unused(wanted);
    take(name);
    return name;
  }

  /** Declares an input whose name is reserved. */
  void copyInput(Value value) {
    inputs.add(value);
    known.add(value);
    handles.add(value.name());
  }

  /** Adds a statement whose results' names are reserved. */
  void copy(Statement statement) {
    statements.add(statement);
    known.addAll(statement.results());
    statement.results().forEach(value -> handles.add(value.name()));
  }

  /** A name that nothing has, as near to a wanted one as can be. */
  String unused(String wanted) {
    String name = wanted;
    for (int i = 2; isUsed(name); i++) {
      name = wanted + "." + i;
    }
    return name;
  }

  /** Whether a value is a result that has only a made-up name. */
  boolean isUnnamed(Value value) {
    return madeUp.contains(value) && !renamed.containsKey(value.name());
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
          "one value an input of " + program.inputs() + " is wanted, got " + arguments);
    }
    Map<String, Value> known = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      known.put(program.inputs().get(i).name(), arguments.get(i));
    }
    for (Statement statement : program.statements()) {
      List<Value> operands = values(known, statement.operation().operands());
      List<Value> results = add(statement.operation().withOperands(operands));
      for (int i = 0; i < results.size(); i++) {
        known.put(statement.results().get(i).name(), results.get(i));
      }
    }
    return values(known, program.outputs());
  }

  private static List<Value> values(Map<String, Value> known, List<Value> wanted) {
    return wanted.stream().map(value -> known.getOrDefault(value.name(), value)).toList();
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
    Value value = new Value(input, type);
    take(input);
    if (handles.contains(input)) {
      value = new Value(fresh(), type);
      renamed.put(value.name(), input);
    }
    copyInput(value);
    return value;
  }

  /**
   * Adds an operation; all other methods are short for this one.
   *
   * @param operation the operation, on this builder's values
   * @return its results, under fresh names
   */
  @Override
  public List<Value> add(Operation operation) {
    for (Value operand : operation.operands()) {
      if (!known.contains(operand)) {
        throw ProgramException.of(operation, "operand " + operand + " is no value of this builder");
      }
    }
    List<Value> results = new ArrayList<>();
    for (ValueType type : operation.resultTypes()) {
      String result = fresh();
      yielding.put(result, result);
      results.add(new Value(result, type));
    }
    Statement statement = new Statement(results, operation);
    copy(statement);
    madeUp.addAll(results);
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
    if (!known.contains(value) || inputs.contains(value)) {
      throw ProgramException.at(where, "a result of this builder is wanted, got " + value);
    }
    if (!Value.isName(wanted)) {
      throw ProgramException.at(where, "a name of letters, digits, _ and . is wanted");
    }
    if (renamed.containsKey(value.name())) {
      String name = renamed.get(value.name());
      throw ProgramException.at(where, "a result without name is wanted, got " + name);
    }
    take(wanted);
    renamed.put(value.name(), wanted);
    yielding.remove(moved.getOrDefault(value.name(), value.name()), value.name());
    return value;
  }

  /**
   * Makes a value an output under its own name.
   *
   * @param value an input or a result
   */
  public void output(Value value) {
    if (!known.contains(value)) {
      throw ProgramException.at(
          "output of program " + name, "a value of this builder is wanted, got " + value);
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
    List<Value> arguments = inputs.stream().map(value -> named(named, value)).toList();
    List<Statement> lines = new ArrayList<>();
    for (Statement statement : statements) {
      lines.add(
          new Statement(
              statement.results().stream().map(value -> named(named, value)).toList(),
              statement
                  .operation()
                  .withOperands(
                      statement.operation().operands().stream()
                          .map(value -> named.getOrDefault(value, value))
                          .toList())));
    }
    List<Value> results = outputs.stream().map(value -> named.getOrDefault(value, value)).toList();
    return new Program(name, arguments, lines, results);
  }

  private Value named(Map<Value, Value> named, Value value) {
    String madeUpName = moved.getOrDefault(value.name(), value.name());
    Value result = new Value(renamed.getOrDefault(value.name(), madeUpName), value.type());
    named.put(value, result);
    return result;
  }
}
