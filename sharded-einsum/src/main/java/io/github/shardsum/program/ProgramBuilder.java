package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Annotation.LabelSpec;
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
import java.util.Optional;
import java.util.Set;

/**
 * Collects a program, operation by operation; not thread-safe. The example is algorithm 2 of the
 * GShard paper:
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
 * <p>Every method checks its operation immediately and throws {@link ProgramException} with the
 * operation and every shape. Most methods are short for {@link #add(Operation)}; the record of the
 * operation defines the result, the legal dtypes, and the treatment of NaN and empty labels.
 * Operands are broadcast by label; a number in an operand's place is a scalar of the other
 * operand's dtype, which must be able to hold it. Operands must be values of this builder. Results
 * are numbered {@code %0}, {@code %1} and so on until {@link #build} names them. A result that
 * {@link #let} has not named is called v and its number, or v and the next number that no other
 * name has.
 */
public final class ProgramBuilder {
  private final String name;
  private final List<Value> inputs = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final List<Value> outputs = new ArrayList<>();

  /** All values, each with its name if it has one. */
  private final Map<Value, Optional<String>> values = new HashMap<>();

  private final Set<String> names = new HashSet<>();

  /** Results of {@link #annotate}; such a result without a use is an error. */
  private final Set<Value> annotated = new HashSet<>();

  private int results;

  ProgramBuilder(String name) {
    this.name = name;
  }

  private void take(String chosen) {
    if (!names.add(chosen)) {
      throw ProgramException.at("program " + name, "names must be distinct, got " + chosen);
    }
  }

  /**
   * A name that neither an input nor a named result has.
   *
   * @param chosen the name, if it is free
   * @return the name, with a number after it if it is taken
   */
  public String unusedName(String chosen) {
    String free = chosen;
    for (int i = 2; names.contains(free); i++) {
      free = chosen + "." + i;
    }
    return free;
  }

  /**
   * Whether a value is an input or was named by {@link #let}.
   *
   * @param value a value of this builder
   * @return whether the value has a name
   */
  public boolean isNamed(Value value) {
    return values.getOrDefault(value, Optional.empty()).isPresent();
  }

  /**
   * Adds the statements of a program whose inputs are replaced by values of this builder.
   *
   * @param program the program whose statements to add
   * @param arguments one value for each input, of the input's type
   * @return the program's outputs
   */
  public List<Value> inline(Program program, List<Value> arguments) {
    if (arguments.size() != program.inputs().size()) {
      throw ProgramException.at(
          "inline " + program.name(),
          "arguments must be one for each input of " + program.inputs() + ", got " + arguments);
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
   * @param type its notation, such as {@code f32[G=2 S=8 M=16]}
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

  private static void checkName(String where, String chosen) {
    if (!Value.isName(chosen)) {
      throw ProgramException.at(
          where,
          "name must have letters, digits, _ and ., the first no digit, got \"" + chosen + "\"");
    }
  }

  /**
   * Adds an operation; the other methods for operations are short for this one.
   *
   * @param operation the operation, on this builder's values
   * @return its results, not yet named
   */
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
   * @param chosen its name in the program
   * @param value a result of this builder that has no name yet
   * @return the same value
   */
  public Value let(String chosen, Value value) {
    String where = "let " + chosen;
    Optional<String> before = values.get(value);
    if (before == null) {
      throw ProgramException.at(where, "value must be a result of this builder, got " + value);
    }
    if (before.isPresent()) {
      throw ProgramException.at(
          where, "value must be a result without name, got " + before.get() + ": " + value.type());
    }
    checkName(where, chosen);
    take(chosen);
    values.put(value, Optional.of(chosen));
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
   * @param chosen its name
   * @param value a result that has no name yet
   */
  public void output(String chosen, Value value) {
    outputs.add(let(chosen, value));
  }

  /**
   * The program.
   *
   * @return an immutable program; the builder may be used further
   * @throws ProgramException if an annotated value is never used
   */
  public Program build() {
    checkAnnotated();
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

  // Sources.

  /** A value with one number everywhere; an integer dtype must be able to hold the number. */
  public Value constant(ValueType type, double value) {
    return constant(type, Scalar.of(type.dtype(), value));
  }

  /** A value with one integer everywhere, which is not rounded to a double. */
  public Value constant(ValueType type, long value) {
    return constant(type, Scalar.of(type.dtype(), value));
  }

  /** A value with one number everywhere, of a type as {@code f32[G=2 S=8]}. */
  public Value constant(String type, double value) {
    return constant(ValueType.parse(type), value);
  }

  /** A value with one integer everywhere, of a type as {@code i64[G=2 S=8]}. */
  public Value constant(String type, long value) {
    return constant(ValueType.parse(type), value);
  }

  /** A scalar. */
  public Value constant(DType dtype, double value) {
    return constant(ValueType.scalar(dtype), value);
  }

  /** A scalar with an integer, which is not rounded to a double. */
  public Value constant(DType dtype, long value) {
    return constant(ValueType.scalar(dtype), value);
  }

  private Value constant(ValueType type, Scalar value) {
    return one(new Source.Constant(type, value));
  }

  /** A scalar of the dtype of a value. */
  private Value scalar(Value like, double number) {
    return constant(like.type().dtype(), number);
  }

  private Value one(Operation operation) {
    return add(operation).getFirst();
  }

  /** The index along a label, see {@link Source.Iota}. */
  public Value iota(ValueType type, String label) {
    return one(new Source.Iota(type, label));
  }

  /** The index along a label of a type as {@code i64[G=2 S=8]}. */
  public Value iota(String type, String label) {
    return iota(ValueType.parse(type), label);
  }

  /** Uniform numbers in [0, 1), see {@link Source.Random}. */
  public Value random(Value seed, long stream, ValueType type) {
    return one(new Source.Random(seed, stream, type));
  }

  /** Uniform numbers in [0, 1) of a type as {@code f32[G=2 S=8]}. */
  public Value random(Value seed, long stream, String type) {
    return random(seed, stream, ValueType.parse(type));
  }

  // One element.

  /** Any function of one element. */
  public Value unary(UnaryKind kind, Value x) {
    return one(new Pointwise.Unary(kind, x));
  }

  /** {@code -x}, {@link UnaryKind#NEGATE}. */
  public Value negate(Value x) {
    return unary(UnaryKind.NEGATE, x);
  }

  /** {@code |x|}, {@link UnaryKind#ABS}. */
  public Value abs(Value x) {
    return unary(UnaryKind.ABS, x);
  }

  /** -1, 0 or 1, {@link UnaryKind#SIGN}. */
  public Value sign(Value x) {
    return unary(UnaryKind.SIGN, x);
  }

  /** {@code e^x}, {@link UnaryKind#EXP}. */
  public Value exp(Value x) {
    return unary(UnaryKind.EXP, x);
  }

  /** The natural logarithm, {@link UnaryKind#LOG}. */
  public Value log(Value x) {
    return unary(UnaryKind.LOG, x);
  }

  /** The square root, {@link UnaryKind#SQRT}. */
  public Value sqrt(Value x) {
    return unary(UnaryKind.SQRT, x);
  }

  /** {@code 1 / sqrt(x)}, {@link UnaryKind#RSQRT}. */
  public Value rsqrt(Value x) {
    return unary(UnaryKind.RSQRT, x);
  }

  /** The hyperbolic tangent, {@link UnaryKind#TANH}. */
  public Value tanh(Value x) {
    return unary(UnaryKind.TANH, x);
  }

  /** {@code 1 / (1 + e^-x)}, {@link UnaryKind#LOGISTIC}. */
  public Value logistic(Value x) {
    return unary(UnaryKind.LOGISTIC, x);
  }

  /** The sine, {@link UnaryKind#SINE}. */
  public Value sine(Value x) {
    return unary(UnaryKind.SINE, x);
  }

  /** The cosine, {@link UnaryKind#COSINE}. */
  public Value cosine(Value x) {
    return unary(UnaryKind.COSINE, x);
  }

  /** The greatest integer not above x, {@link UnaryKind#FLOOR}. */
  public Value floor(Value x) {
    return unary(UnaryKind.FLOOR, x);
  }

  /** {@code max(x, 0)}, {@link UnaryKind#RELU}. */
  public Value relu(Value x) {
    return unary(UnaryKind.RELU, x);
  }

  /** The negation of a bool, {@link UnaryKind#NOT}. */
  public Value not(Value x) {
    return unary(UnaryKind.NOT, x);
  }

  /** Each element in another dtype ({@link Pointwise.Convert}); x itself if it has this dtype. */
  public Value convert(Value x, DType dtype) {
    return x.type().dtype() == dtype ? x : one(new Pointwise.Convert(x, dtype));
  }

  /** Uniform numbers keyed by an index, see {@link Pointwise.Uniform}. */
  public Value uniform(Value seed, Value index, long stream, DType dtype) {
    return one(new Pointwise.Uniform(seed, index, stream, dtype));
  }

  /** x with fill from the length on along a ragged label, see {@link Pointwise.Ragged}. */
  public Value ragged(Value x, Value lengths, String label, double fill) {
    return one(new Pointwise.Ragged(x, lengths, label, Scalar.of(x.type().dtype(), fill)));
  }

  // Two elements.

  /** Any function of two elements. */
  public Value binary(BinaryKind kind, Value x, Value y) {
    return one(new Pointwise.Binary(kind, x, y));
  }

  /** {@code x + y}, {@link BinaryKind#ADD}. */
  public Value add(Value x, Value y) {
    return binary(BinaryKind.ADD, x, y);
  }

  /** {@code x + y}, where y is a number. */
  public Value add(Value x, double y) {
    return add(x, scalar(x, y));
  }

  /** {@code x - y}, {@link BinaryKind#SUBTRACT}. */
  public Value subtract(Value x, Value y) {
    return binary(BinaryKind.SUBTRACT, x, y);
  }

  /** {@code x - y}, where y is a number. */
  public Value subtract(Value x, double y) {
    return subtract(x, scalar(x, y));
  }

  /** {@code x * y}, {@link BinaryKind#MULTIPLY}. */
  public Value multiply(Value x, Value y) {
    return binary(BinaryKind.MULTIPLY, x, y);
  }

  /** {@code x * y}, where y is a number. */
  public Value multiply(Value x, double y) {
    return multiply(x, scalar(x, y));
  }

  /** {@code x / y}, {@link BinaryKind#DIVIDE}. */
  public Value divide(Value x, Value y) {
    return binary(BinaryKind.DIVIDE, x, y);
  }

  /** {@code x / y}, where y is a number. */
  public Value divide(Value x, double y) {
    return divide(x, scalar(x, y));
  }

  /** The remainder of {@code x / y}, with the sign of x, {@link BinaryKind#REMAINDER}. */
  public Value remainder(Value x, Value y) {
    return binary(BinaryKind.REMAINDER, x, y);
  }

  /** The remainder of {@code x / y}, with the sign of x, where y is a number. */
  public Value remainder(Value x, double y) {
    return remainder(x, scalar(x, y));
  }

  /** {@code x^y}, {@link BinaryKind#POWER}. */
  public Value power(Value x, Value y) {
    return binary(BinaryKind.POWER, x, y);
  }

  /** {@code x^y}, where y is a number. */
  public Value power(Value x, double y) {
    return power(x, scalar(x, y));
  }

  /** The larger of two elements, {@link BinaryKind#MAXIMUM}. */
  public Value maximum(Value x, Value y) {
    return binary(BinaryKind.MAXIMUM, x, y);
  }

  /** The larger of each element and a number y. */
  public Value maximum(Value x, double y) {
    return maximum(x, scalar(x, y));
  }

  /** The smaller of two elements, {@link BinaryKind#MINIMUM}. */
  public Value minimum(Value x, Value y) {
    return binary(BinaryKind.MINIMUM, x, y);
  }

  /** The smaller of each element and a number y. */
  public Value minimum(Value x, double y) {
    return minimum(x, scalar(x, y));
  }

  /** Whether both bools are true, {@link BinaryKind#AND}. */
  public Value and(Value x, Value y) {
    return binary(BinaryKind.AND, x, y);
  }

  /** Whether at least one bool is true, {@link BinaryKind#OR}. */
  public Value or(Value x, Value y) {
    return binary(BinaryKind.OR, x, y);
  }

  /** Whether exactly one bool is true, {@link BinaryKind#XOR}. */
  public Value xor(Value x, Value y) {
    return binary(BinaryKind.XOR, x, y);
  }

  /** {@code x * factor}. */
  public Value scale(Value x, double factor) {
    return multiply(x, factor);
  }

  /** Whether a relation holds, as a bool. */
  public Value compare(Comparison relation, Value x, Value y) {
    return one(new Pointwise.Compare(relation, x, y));
  }

  /** Whether {@code x == y}. */
  public Value equal(Value x, Value y) {
    return compare(Comparison.EQ, x, y);
  }

  /** Whether {@code x == y}, where y is a number. */
  public Value equal(Value x, double y) {
    return equal(x, scalar(x, y));
  }

  /** Whether {@code x != y}. */
  public Value notEqual(Value x, Value y) {
    return compare(Comparison.NE, x, y);
  }

  /** Whether {@code x != y}, where y is a number. */
  public Value notEqual(Value x, double y) {
    return notEqual(x, scalar(x, y));
  }

  /** Whether {@code x < y}. */
  public Value less(Value x, Value y) {
    return compare(Comparison.LT, x, y);
  }

  /** Whether {@code x < y}, where y is a number. */
  public Value less(Value x, double y) {
    return less(x, scalar(x, y));
  }

  /** Whether {@code x <= y}. */
  public Value lessEqual(Value x, Value y) {
    return compare(Comparison.LE, x, y);
  }

  /** Whether {@code x <= y}, where y is a number. */
  public Value lessEqual(Value x, double y) {
    return lessEqual(x, scalar(x, y));
  }

  /** Whether {@code x > y}. */
  public Value greater(Value x, Value y) {
    return compare(Comparison.GT, x, y);
  }

  /** Whether {@code x > y}, where y is a number. */
  public Value greater(Value x, double y) {
    return greater(x, scalar(x, y));
  }

  /** Whether {@code x >= y}. */
  public Value greaterEqual(Value x, Value y) {
    return compare(Comparison.GE, x, y);
  }

  /** Whether {@code x >= y}, where y is a number. */
  public Value greaterEqual(Value x, double y) {
    return greaterEqual(x, scalar(x, y));
  }

  /** x where the condition is true, y elsewhere, see {@link Pointwise.Select}. */
  public Value select(Value condition, Value x, Value y) {
    return one(new Pointwise.Select(condition, x, y));
  }

  // Contractions.

  /** An einsum in the dtype of its operands, such as {@code einsum("GSM,ME->GSE", x, w)}. */
  public Value einsum(String equation, Value... operands) {
    for (int i = 0; i < operands.length; i++) {
      if (operands[i] == null) {
        throw new NullPointerException("einsum " + equation + ": operand " + i + " is null");
      }
    }
    return einsum(Equation.parse(equation), List.of(operands), Map.of());
  }

  /** An einsum with the sizes of labels that only the output has. */
  public Value einsum(Equation equation, List<Value> operands, Map<String, Long> sizes) {
    if (operands.isEmpty()) {
      throw ProgramException.at("einsum " + equation, "operands must be at least one, got none");
    }
    return einsum(equation, operands, operands.getFirst().type().dtype(), sizes);
  }

  /** An einsum with another dtype of the result: f32 from bf16, without a rounding to bf16. */
  public Value einsum(
      Equation equation, List<Value> operands, DType dtype, Map<String, Long> sizes) {
    return one(new Contraction.Einsum(equation, operands, dtype, sizes));
  }

  /** Renames a label by an identity einsum. */
  public Value rename(Value x, String label, String to) {
    List<String> renamed = new ArrayList<>(x.type().names());
    renamed.replaceAll(each -> each.equals(label) ? to : each);
    return einsum(
        LabelEquations.equation(List.of(LabelEquations.of(renamed)), LabelEquations.of(renamed)),
        List.of(x),
        Map.of());
  }

  /** Repeats x along a new last label, by an einsum whose output has one label more. */
  public Value broadcast(Value x, String label, long size) {
    List<String> labels = new ArrayList<>(x.type().names());
    labels.add(label);
    return einsum(
        LabelEquations.equation(List.of(LabelEquations.of(x)), LabelEquations.of(labels)),
        List.of(x),
        Map.of(label, size));
  }

  /** A reduction along labels. */
  public Value reduce(ReduceKind kind, Value x, String... labels) {
    return one(new Contraction.Reduce(kind, x, List.of(labels)));
  }

  /** The sum along labels, {@link ReduceKind#SUM}. */
  public Value sum(Value x, String... labels) {
    return reduce(ReduceKind.SUM, x, labels);
  }

  /** The largest element along labels, {@link ReduceKind#MAX}. */
  public Value max(Value x, String... labels) {
    return reduce(ReduceKind.MAX, x, labels);
  }

  /** The smallest element along labels, {@link ReduceKind#MIN}. */
  public Value min(Value x, String... labels) {
    return reduce(ReduceKind.MIN, x, labels);
  }

  /** The sum along labels divided by the number of terms; floating; NaN for no terms. */
  public Value mean(Value x, String... labels) {
    long terms = 1;
    for (String label : labels) {
      terms = Math.multiplyExact(terms, x.type().size(label));
    }
    return divide(sum(x, labels), (double) terms);
  }

  /** The softmax along a label, see {@link Contraction.Softmax}. */
  public Value softmax(Value x, String label) {
    return one(new Contraction.Softmax(x, label));
  }

  /**
   * The logarithm of the softmax along a label: {@code x - m - log(sum(e^(x - m)))}, where m is the
   * largest element. The logarithm stays finite where the softmax underflows to 0.
   *
   * @param x floating
   * @param label the label of the softmax
   * @return the logarithms
   */
  public Value logSoftmax(Value x, String label) {
    Value shifted = subtract(x, max(x, label));
    return subtract(shifted, log(sum(exp(shifted), label)));
  }

  /**
   * The cross-entropy of logits and the index of the right class: {@code -logSoftmax(logits)} at
   * the target. The result has the labels of the logits without the classes' label, and labels that
   * only the targets have. An index outside the classes gives 0.
   *
   * @param logits floating, with the classes' label
   * @param targets i32 or i64, without the classes' label
   * @param label the label of the classes
   * @return the cross-entropies
   */
  public Value crossEntropy(Value logits, Value targets, String label) {
    ValueType classes =
        ValueType.of(targets.type().dtype(), List.of(label), List.of(logits.type().size(label)));
    Value chosen = equal(targets, iota(classes, label));
    Value logs = logSoftmax(logits, label);
    return sum(select(chosen, negate(logs), scalar(logs, 0)), label);
  }

  /** Running sums along a label; each sum includes the element's own term. */
  public Value cumulativeSum(Value x, String label) {
    return cumulativeSum(x, label, false, false);
  }

  /** Running sums along a label; each sum excludes the element's own term. */
  public Value exclusiveSum(Value x, String label) {
    return cumulativeSum(x, label, true, false);
  }

  /** Running sums along a label, in any direction, see {@link Contraction.CumulativeSum}. */
  public Value cumulativeSum(Value x, String label, boolean exclusive, boolean reverse) {
    return one(new Contraction.CumulativeSum(x, label, exclusive, reverse));
  }

  // Selections.

  /** The k largest elements along a label and their indices, see {@link Selection.TopK}. */
  public List<Value> topK(Value x, String label, long k, String into) {
    return add(new Selection.TopK(x, label, k, into));
  }

  /** The index of the largest element along a label, see {@link Selection.ArgMax}. */
  public Value argMax(Value x, String label) {
    return one(new Selection.ArgMax(x, label));
  }

  /** 1 where the index along a new last label equals the element, see {@link Selection.OneHot}. */
  public Value oneHot(Value indices, String label, long size, DType dtype) {
    return one(new Selection.OneHot(indices, label, size, dtype));
  }

  // Movements.

  /** The elements of a label from {@code from} up to, but without, {@code to}. */
  public Value slice(Value x, String label, long from, long to) {
    return slice(x, label, from, to, 1);
  }

  /** Every step-th element of a range of a label, see {@link Movement.Slice}. */
  public Value slice(Value x, String label, long from, long to, long step) {
    return one(new Movement.Slice(x, label, from, to, step));
  }

  /** A label made longer at its ends. */
  public Value pad(Value x, String label, long low, long high, double fill) {
    return pad(x, label, low, high, 0, fill);
  }

  /** A label made longer at its ends and between its elements, see {@link Movement.Pad}. */
  public Value pad(Value x, String label, long low, long high, long interior, double fill) {
    Scalar value = Scalar.of(x.type().dtype(), fill);
    return one(new Movement.Pad(x, label, low, high, interior, value));
  }

  /** The concatenation of values along a label, see {@link Movement.Concatenate}. */
  public Value concatenate(String label, Value... parts) {
    return one(new Movement.Concatenate(List.of(parts), label));
  }

  /** Elements moved along a label, see {@link Movement.Shift}. */
  public Value shift(Value x, String label, long by, double fill) {
    return one(new Movement.Shift(x, label, by, Scalar.of(x.type().dtype(), fill)));
  }

  /** Windows that slide along a label by one. */
  public Value window(Value x, String label, String window, long size) {
    return window(x, label, window, size, 1, 1);
  }

  /** Windows that slide along a label, see {@link Movement.Window}. */
  public Value window(Value x, String label, String window, long size, long stride, long dilation) {
    return one(new Movement.Window(x, label, window, size, stride, dilation));
  }

  /** A label split into an outer label of this size and an inner one, {@link Movement.Split}. */
  public Value split(Value x, String label, String outer, long outerSize, String inner) {
    long size = x.type().size(label);
    long rest = outerSize == 0 ? 0 : size / outerSize;
    return one(new Movement.Split(x, label, List.of(outer, inner), List.of(outerSize, rest)));
  }

  /** Neighbouring labels merged into one label, see {@link Movement.Merge}. */
  public Value merge(Value x, String into, String... labels) {
    return one(new Movement.Merge(x, List.of(labels), into));
  }

  // Layouts.

  /** The value with an annotation, see {@link Movement.Annotate}; use it in place of x. */
  public Value annotate(Value x, Annotation annotation) {
    Value result = one(new Movement.Annotate(x, annotation));
    annotated.add(result);
    return result;
  }

  /** The value laid out as {@code "E@x G C M?"}, see {@link Annotation}; use it in place of x. */
  public Value layout(Value x, String layout) {
    return annotate(x, Annotation.parse(layout));
  }

  /** The value split over mesh axes, major to minor, along a label; other labels stay open. */
  public Value split(Value x, String label, String... axes) {
    LabelSpec spec = new LabelSpec(label, List.of(axes), false);
    return annotate(x, new Annotation(List.of(spec), Set.of(), 0));
  }

  /** The value in the layout in which every device holds the whole value. */
  public Value replicate(Value x) {
    return annotate(x, Annotation.closed(x.type().withoutLayout().labels()));
  }

  /** The value laid out by a term, for example of a layout; all labels are closed. */
  public Value shard(Value x, Term layout) {
    return annotate(x, Annotation.closed(layout));
  }

  private void checkAnnotated() {
    Set<Value> used = new HashSet<>(outputs);
    statements.forEach(each -> used.addAll(each.operation().operands()));
    for (Statement statement : statements) {
      Value result = statement.results().getFirst();
      if (annotated.contains(result) && !used.contains(result)) {
        throw ProgramException.of(
            statement.operation(), "the annotated value must be used in place of its operand");
      }
    }
  }

  // Programs.

  /** A program run a fixed number of times, from the first index on, see {@link Nested.Scan}. */
  public List<Value> scan(
      long count,
      String label,
      Program body,
      List<Value> carried,
      List<Value> sequences,
      List<Value> invariants) {
    return add(new Nested.Scan(count, label, false, body, carried, sequences, invariants));
  }

  /** A composite without attributes and without splittable labels, see {@link Nested.Composite}. */
  public List<Value> composite(String name, Program decomposition, Value... operands) {
    return add(Nested.Composite.of(name, Map.of(), List.of(operands), decomposition, List.of()));
  }

  /**
   * Attention with any number of heads: {@code y, lse}, where {@code y} is the sum of values
   * weighted by the softmax over keys of {@code scale * q k}, and {@code lse} is the logarithm of
   * the softmax's denominator, the sum of {@code e^(scale * q k)}. Roles follow from the labels: q
   * and k have one label that v lacks, over which scores sum; k and v have one that q lacks, the
   * keys; v has one of its own; labels of q, k and v are independent of each other, and those of q
   * alone share their keys, as the queries of a group do. An example: q {@code [B T J R D]}, k
   * {@code [B N J D]}, v {@code [B N J E]}.
   *
   * <p>A query sees a key whose position is at least 0 and, with {@code causal}, not above its own.
   * Padding has the position -1. A query that sees no key has the y 0, the lse -infinity, and no
   * gradient. Sums are in f32, or in f64 of f64.
   *
   * @param q the queries, floating
   * @param k the keys, of the dtype of q
   * @param v the values, of the dtype of q; those of unseen keys must be finite
   * @param at the positions of queries: i32 with some labels of q
   * @param of the positions of keys: i32 with some labels of scores
   * @param scale the factor of scores
   * @param causal whether queries see no later positions
   * @return y with the labels of q, where v's own label replaces that of sums; and lse without it,
   *     f32, or f64 of f64
   */
  public List<Value> attention(
      Value q, Value k, Value v, Value at, Value of, double scale, boolean causal) {
    return add(new AttentionForm(scale, causal).of(List.of(q, k, v, at, of)));
  }

  // Regions.

  /** The body of a region, which each member runs, see {@link #manual}. */
  @FunctionalInterface
  public interface Body {
    /**
     * Adds the statements of the body.
     *
     * @param body the body's builder
     * @param inputs a member's part of each operand
     * @return the outputs
     */
    List<Value> outputs(ProgramBuilder body, List<Value> inputs);
  }

  /**
   * A region over mesh axes, see {@link Nested.Manual}.
   *
   * <pre>{@code
   * var y = p.manual("x=4", List.of(a, w), List.of("m k@x", "k@x n"), List.of("m n"),
   *     (b, in) -> List.of(b.allReduce(b.einsum("mk,kn->mn", in.get(0), in.get(1)), ReduceKind.SUM, "x=4")));
   * }</pre>
   *
   * @param axes the region's axes with their sizes, such as {@code x=4 y=2}
   * @param operands the operands
   * @param in for each operand its labels, each word one label, with axes of the region, such as
   *     {@code G@x S}
   * @param out for each output its labels with axes, and behind a bar the axes to sum over
   * @param body computes the outputs of a member from its inputs
   * @return one result for each output
   */
  public List<Value> manual(
      String axes, List<Value> operands, List<String> in, List<String> out, Body body) {
    List<MeshAxis> over = MeshAxis.parseAll(axes);
    List<Term> terms = in.stream().map(Term::parseSpaced).toList();
    if (terms.size() != operands.size()) {
      throw ProgramException.at(
          "manual over " + axes, "in must have one term for each operand, got " + in);
    }
    ProgramBuilder inner = new ProgramBuilder("region");
    List<Value> inputs = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      String preferred = values.getOrDefault(operands.get(i), Optional.empty()).orElse("in" + i);
      ValueType part = part(operands.get(i), terms.get(i), over);
      inputs.add(inner.input(inner.unusedName(preferred), part));
    }
    body.outputs(inner, inputs).forEach(inner::output);
    List<Term> results = out.stream().map(Term::parseSpaced).toList();
    return add(new Nested.Manual(over, inner.build(), operands, terms, results));
  }

  /**
   * The type of a member's part, without a check of sizes: the region refuses a size that its axes
   * do not divide.
   */
  private static ValueType part(Value operand, Term term, List<MeshAxis> axes) {
    List<Long> sizes = new ArrayList<>(operand.type().sizes());
    for (int dim = 0; dim < Math.min(term.size(), sizes.size()); dim++) {
      for (MeshAxis axis : axes) {
        if (term.axis(dim).mesh().contains(axis.name())) {
          sizes.set(dim, sizes.get(dim) / axis.size());
        }
      }
    }
    return ValueType.of(operand.type().dtype(), operand.type().names(), sizes);
  }

  /**
   * Combines the members' values, see {@link Communication.AllReduce}.
   *
   * @param x this member's value
   * @param by the kind of the combination
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return the same value for all members
   * @throws ProgramException if an axis is not one of the region, or the reduction does not fit the
   *     dtype
   */
  public Value allReduce(Value x, ReduceKind by, String axes) {
    return one(new Communication.AllReduce(x, by, MeshAxis.parseAll(axes)));
  }

  /**
   * Joins the members' chunks, see {@link Communication.AllGather}.
   *
   * @param x this member's value
   * @param label the label of the chunks
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return all chunks, in the order of members
   * @throws ProgramException if an axis is not one of the region, or the value does not have the
   *     label
   */
  public Value allGather(Value x, String label, String axes) {
    return one(new Communication.AllGather(x, label, MeshAxis.parseAll(axes)));
  }

  /**
   * Sums the members' values and keeps a chunk, see {@link Communication.ReduceScatter}.
   *
   * @param x this member's value
   * @param label the label along which the sum is cut
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return this member's chunk of the sum
   * @throws ProgramException if an axis is not one of the region, the value does not have the
   *     label, or the number of members does not divide its size
   */
  public Value reduceScatter(Value x, String label, String axes) {
    return one(new Communication.ReduceScatter(x, label, MeshAxis.parseAll(axes)));
  }

  /**
   * Exchanges chunks along one label for chunks along another, see {@link Communication.AllToAll}.
   *
   * @param x this member's value
   * @param from the label whose chunks are received
   * @param to the label whose chunks are sent
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return the value with its new chunks
   * @throws ProgramException if an axis is not one of the region, the value does not have a label,
   *     or the number of members does not divide the size
   */
  public Value allToAll(Value x, String from, String to, String axes) {
    return one(new Communication.AllToAll(x, from, to, MeshAxis.parseAll(axes)));
  }

  /**
   * Sends each member's value around a ring, see {@link Communication.Permute}.
   *
   * @param x this member's value
   * @param by the number of members by which the value moves on; a negative number moves it back
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return the value of another member
   * @throws ProgramException if an axis is not one of the region
   */
  public Value rotate(Value x, long by, String axes) {
    return permute(x, new Communication.Routes.Shift(by, true), axes);
  }

  /**
   * Sends members' values by routes, see {@link Communication.Permute}.
   *
   * @param x this member's value
   * @param routes pairs of source and target
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return the value that arrives, or zeros
   * @throws ProgramException if an axis is not one of the region, or a route names no member
   */
  public Value permute(Value x, Communication.Routes routes, String axes) {
    return one(new Communication.Permute(x, MeshAxis.parseAll(axes), routes));
  }

  /**
   * Keeps a member's own chunk of a value, see {@link Communication.OwnChunk}.
   *
   * @param x this member's value
   * @param label the label along which the value is cut
   * @param axes axes of the region with their sizes, such as {@code x=4 y=2}, along which members
   *     communicate
   * @return this member's chunk
   * @throws ProgramException if an axis is not one of the region, the value does not have the
   *     label, or the number of members does not divide its size
   */
  public Value ownChunk(Value x, String label, String axes) {
    return one(new Communication.OwnChunk(x, label, MeshAxis.parseAll(axes)));
  }

  /**
   * The number of a member along an axis, see {@link Communication.AxisIndex}.
   *
   * @param axis an axis of the region with its size, such as {@code x=4}
   * @return the number from 0 on, an i64 scalar
   * @throws ProgramException if the axis is not one of the region
   */
  public Value axisIndex(String axis) {
    return one(new Communication.AxisIndex(MeshAxis.parse(axis)));
  }
}
