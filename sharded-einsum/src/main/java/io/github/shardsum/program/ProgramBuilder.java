package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
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
 * var routed = p.composite(gating, gates); // combine_weights, dispatch_mask
 * var dispatched = p.einsum("GSEC,GSM->EGCM", routed.get(1), inputs);
 * var h = p.relu(p.einsum("EGCM,EMH->EGCH", dispatched, wi));
 * var expertOutputs = p.einsum("EGCH,EHM->GECM", h, wo);
 * p.output("outputs", p.einsum("GSEC,GECM->GSM", routed.get(0), expertOutputs));
 * var moe = p.build();
 * }</pre>
 *
 * <p>Every method checks its operation at once and throws {@link ProgramException} with the
 * operation and every shape. Values are those of this builder.
 */
public final class ProgramBuilder {
  private final String name;
  private final List<Value> inputs = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final List<Value> outputs = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, String> renamed = new HashMap<>();
  private int made;

  ProgramBuilder(String name) {
    this.name = name;
  }

  private String fresh() {
    String next;
    do {
      next = "v" + made++;
    } while (names.contains(next));
    return next;
  }

  private void take(String wanted) {
    if (!names.add(wanted)) {
      throw ProgramException.at("program " + name, "each name once is wanted, got " + wanted);
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
  }

  /** Adds a statement whose results' names are reserved. */
  void copy(Statement statement) {
    statements.add(statement);
  }

  /** A name that nothing has, as near to a wanted one as can be. */
  String unused(String wanted) {
    String name = wanted;
    for (int i = 2; names.contains(name); i++) {
      name = wanted + "." + i;
    }
    return name;
  }

  /** Whether a value is a result that has only a made-up name. */
  boolean isUnnamed(Value value) {
    return !renamed.containsKey(value.name())
        && statements.stream().anyMatch(each -> each.results().contains(value))
        && value.name().startsWith("v");
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
    take(input);
    Value value = new Value(input, type);
    inputs.add(value);
    return value;
  }

  /**
   * Adds an operation.
   *
   * @param operation the operation, on this builder's values
   * @return its results, under fresh names
   */
  public List<Value> add(Operation operation) {
    List<Value> results = new ArrayList<>();
    for (ValueType type : operation.resultTypes()) {
      String result = fresh();
      take(result);
      results.add(new Value(result, type));
    }
    statements.add(new Statement(results, operation));
    return List.copyOf(results);
  }

  private Value one(Operation operation) {
    return add(operation).getFirst();
  }

  /**
   * Names a result.
   *
   * @param wanted its name in the program
   * @param value a result of this builder
   * @return the same value, to be used as before
   */
  public Value let(String wanted, Value value) {
    if (inputs.contains(value)) {
      throw ProgramException.at("let " + wanted, "a result is wanted, got the input " + value);
    }
    take(wanted);
    renamed.put(value.name(), wanted);
    return value;
  }

  /**
   * Makes a value an output under its own name.
   *
   * @param value an input or a result
   */
  public void output(Value value) {
    outputs.add(value);
  }

  /**
   * Names a result and makes it an output.
   *
   * @param wanted its name
   * @param value a result
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
    return new Program(name, inputs, lines, results);
  }

  private Value named(Map<Value, Value> named, Value value) {
    Value result = new Value(renamed.getOrDefault(value.name(), value.name()), value.type());
    named.put(value, result);
    return result;
  }

  /**
   * An einsum in the dtype of its operands.
   *
   * @param equation as {@code "GSM,ME->GSE"}
   * @param operands one a term
   * @return the result
   */
  public Value einsum(String equation, Value... operands) {
    return einsum(Equation.parse(equation), List.of(operands), Map.of());
  }

  /**
   * An einsum with labels that only the output has.
   *
   * @param equation the equation
   * @param operands one a term
   * @param sizes sizes of such labels
   * @return the result
   */
  public Value einsum(Equation equation, List<Value> operands, Map<String, Long> sizes) {
    if (operands.isEmpty()) {
      throw ProgramException.at("einsum " + equation, "at least one operand is wanted, got none");
    }
    DType dtype = operands.getFirst().type().dtype();
    return one(new Contraction.Einsum(equation, operands, dtype, sizes));
  }

  /**
   * Another name for a label: the identity einsum.
   *
   * @param x the value
   * @param label its label
   * @param to the label's new name
   * @return the result
   */
  public Value rename(Value x, String label, String to) {
    List<String> names = new ArrayList<>(x.type().names());
    names.replaceAll(name -> name.equals(label) ? to : name);
    return einsum(Terms.equation(List.of(Terms.of(names)), Terms.of(names)), List.of(x), Map.of());
  }

  /**
   * A function of each element.
   *
   * @param kind which
   * @param x the argument
   * @return the result
   */
  public Value unary(UnaryKind kind, Value x) {
    return one(new Pointwise.Unary(kind, x));
  }

  /**
   * A function of two elements.
   *
   * @param kind which
   * @param x the first argument
   * @param y the second
   * @return the result
   */
  public Value binary(BinaryKind kind, Value x, Value y) {
    return one(new Pointwise.Binary(kind, x, y));
  }

  /**
   * {@code max(x, 0)}.
   *
   * @param x the argument
   * @return the result
   */
  public Value relu(Value x) {
    return unary(UnaryKind.RELU, x);
  }

  /**
   * {@code e^x}.
   *
   * @param x the argument
   * @return the result
   */
  public Value exp(Value x) {
    return unary(UnaryKind.EXP, x);
  }

  /**
   * {@code -x}.
   *
   * @param x the argument
   * @return the result
   */
  public Value negate(Value x) {
    return unary(UnaryKind.NEGATE, x);
  }

  /**
   * {@code x + y}.
   *
   * @param x a summand
   * @param y the other
   * @return the result
   */
  public Value add(Value x, Value y) {
    return binary(BinaryKind.ADD, x, y);
  }

  /**
   * {@code x - y}.
   *
   * @param x the minuend
   * @param y the subtrahend
   * @return the result
   */
  public Value subtract(Value x, Value y) {
    return binary(BinaryKind.SUBTRACT, x, y);
  }

  /**
   * {@code x y}.
   *
   * @param x a factor
   * @param y the other
   * @return the result
   */
  public Value multiply(Value x, Value y) {
    return binary(BinaryKind.MULTIPLY, x, y);
  }

  /**
   * {@code x / y}.
   *
   * @param x the dividend
   * @param y the divisor
   * @return the result
   */
  public Value divide(Value x, Value y) {
    return binary(BinaryKind.DIVIDE, x, y);
  }

  /**
   * {@code x y} of a number.
   *
   * @param factor the number, cut to an integer for integer dtypes
   * @param x the other factor
   * @return the result
   */
  public Value scale(double factor, Value x) {
    return multiply(x, constant(x.type().dtype(), factor));
  }

  /**
   * Whether a relation holds.
   *
   * @param relation which
   * @param x the left side
   * @param y the right side
   * @return bool
   */
  public Value compare(Comparison relation, Value x, Value y) {
    return one(new Pointwise.Compare(relation, x, y));
  }

  /**
   * x where true, y elsewhere.
   *
   * @param condition bool
   * @param x chosen where true
   * @param y chosen where false
   * @return the result
   */
  public Value select(Value condition, Value x, Value y) {
    return one(new Pointwise.Select(condition, x, y));
  }

  /**
   * Another dtype.
   *
   * @param x what is converted
   * @param dtype the result's dtype
   * @return the result; x itself if it has the dtype
   */
  public Value convert(Value x, DType dtype) {
    return x.type().dtype() == dtype ? x : one(new Pointwise.Convert(x, dtype));
  }

  /**
   * A ragged label.
   *
   * @param x what is cut
   * @param lengths its lengths
   * @param label the label
   * @param fill the value of padding
   * @return the result
   */
  public Value ragged(Value x, Value lengths, String label, double fill) {
    return one(new Pointwise.Ragged(x, lengths, label, Scalar.of(x.type().dtype(), fill)));
  }

  /**
   * A reduction.
   *
   * @param kind how
   * @param x what is reduced
   * @param labels along which labels
   * @return the result
   */
  public Value reduce(ReduceKind kind, Value x, String... labels) {
    return one(new Contraction.Reduce(kind, x, List.of(labels)));
  }

  /**
   * A sum along labels.
   *
   * @param x the terms
   * @param labels along which labels
   * @return the result
   */
  public Value sum(Value x, String... labels) {
    return reduce(ReduceKind.SUM, x, labels);
  }

  /**
   * The softmax along a label.
   *
   * @param x logits
   * @param label along which
   * @return the result
   */
  public Value softmax(Value x, String label) {
    return one(new Contraction.Softmax(x, label));
  }

  /**
   * Running sums along a label, each with its own term.
   *
   * @param x the terms
   * @param label along which
   * @return the result
   */
  public Value cumulativeSum(Value x, String label) {
    return one(new Contraction.CumulativeSum(x, label, false, false));
  }

  /**
   * Running sums along a label, each without its own term.
   *
   * @param x the terms
   * @param label along which
   * @return the result
   */
  public Value exclusiveSum(Value x, String label) {
    return one(new Contraction.CumulativeSum(x, label, true, false));
  }

  /**
   * The k largest along a label.
   *
   * @param x the elements
   * @param label along which
   * @param k how many
   * @param into name of the label that takes its place
   * @return values and indices
   */
  public List<Value> topK(Value x, String label, long k, String into) {
    return add(new Selection.TopK(x, label, k, into));
  }

  /**
   * The index of the largest along a label.
   *
   * @param x the elements
   * @param label along which
   * @return i32
   */
  public Value argMax(Value x, String label) {
    return one(new Selection.ArgMax(x, label));
  }

  /**
   * One-hot rows along a new last label.
   *
   * @param indices i32 or i64
   * @param label the new label
   * @param size its size
   * @param dtype the result's dtype
   * @return the result
   */
  public Value oneHot(Value indices, String label, long size, DType dtype) {
    return one(new Selection.OneHot(indices, label, size, dtype));
  }

  /**
   * A scalar.
   *
   * @param dtype its dtype
   * @param value its value
   * @return the result
   */
  public Value constant(DType dtype, double value) {
    return constant(ValueType.scalar(dtype), value);
  }

  /**
   * One number everywhere.
   *
   * @param type the result's type
   * @param value the number
   * @return the result
   */
  public Value constant(ValueType type, double value) {
    return one(new Source.Constant(type, Scalar.of(type.dtype(), value)));
  }

  /**
   * Indices along a label.
   *
   * @param type the result's notation
   * @param label one of its labels
   * @return the result
   */
  public Value iota(String type, String label) {
    return one(new Source.Iota(ValueType.parse(type), label));
  }

  /**
   * Uniform numbers in [0, 1).
   *
   * @param seed a scalar of i64
   * @param stream tells draws apart
   * @param type the result's notation, floating
   * @return the result
   */
  public Value random(Value seed, long stream, String type) {
    return one(new Source.Random(seed, stream, ValueType.parse(type)));
  }

  /**
   * Part of a label.
   *
   * @param x what is cut
   * @param label along which
   * @param from the first index
   * @param to one past the last
   * @return the result
   */
  public Value slice(Value x, String label, long from, long to) {
    return one(new Movement.Slice(x, label, from, to, 1));
  }

  /**
   * A label made longer at both ends.
   *
   * @param x what is padded
   * @param label along which
   * @param low elements before the first
   * @param high elements after the last
   * @param fill their value
   * @return the result
   */
  public Value pad(Value x, String label, long low, long high, double fill) {
    return one(new Movement.Pad(x, label, low, high, 0, Scalar.of(x.type().dtype(), fill)));
  }

  /**
   * Values one after the other.
   *
   * @param label along which
   * @param parts the values
   * @return the result
   */
  public Value concatenate(String label, Value... parts) {
    return one(new Movement.Concatenate(List.of(parts), label));
  }

  /**
   * Elements moved along a label.
   *
   * @param x what is moved
   * @param label along which
   * @param by the distance
   * @param fill value of what comes in
   * @return the result
   */
  public Value shift(Value x, String label, long by, double fill) {
    return one(new Movement.Shift(x, label, by, Scalar.of(x.type().dtype(), fill)));
  }

  /**
   * Windows that slide along a label by one.
   *
   * @param x what is looked at
   * @param label along which
   * @param window the window's label
   * @param size its size
   * @return the result
   */
  public Value window(Value x, String label, String window, long size) {
    return one(new Movement.Window(x, label, window, size, 1, 1));
  }

  /**
   * A label split into two.
   *
   * @param x what is reshaped
   * @param label which label
   * @param outer name of the outer part
   * @param outerSize its size
   * @param inner name of the inner part
   * @return the result
   */
  public Value split(Value x, String label, String outer, long outerSize, String inner) {
    long size = x.type().size(label);
    long rest = outerSize == 0 ? 0 : size / outerSize;
    return one(new Movement.Split(x, label, List.of(outer, inner), List.of(outerSize, rest)));
  }

  /**
   * Neighbouring labels merged into one.
   *
   * @param x what is reshaped
   * @param into name of the merged label
   * @param labels the neighbours
   * @return the result
   */
  public Value merge(Value x, String into, String... labels) {
    return one(new Movement.Merge(x, List.of(labels), into));
  }
}
