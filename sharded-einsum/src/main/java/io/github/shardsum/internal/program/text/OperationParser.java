package io.github.shardsum.internal.program.text;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Pointwise.Uniform;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source.Constant;
import io.github.shardsum.program.Source.Iota;
import io.github.shardsum.program.Source.Random;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes operations of names, operands and attributes: the inverse of {@link OperationPrinter}. */
final class OperationParser {
  private final String name;
  private final List<Value> operands;
  private final Map<String, AttributeText> attributes;

  OperationParser(String name, List<Value> operands, Map<String, AttributeText> attributes) {
    this.name = name;
    this.operands = operands;
    this.attributes = new LinkedHashMap<>(attributes);
  }

  /** The operation; an attribute that the operation does not use is an error. */
  Operation read() {
    Operation operation = pointwiseKind().orElseGet(this::named);
    if (!attributes.isEmpty()) {
      throw bad("expected no attributes " + attributes.keySet());
    }
    return operation;
  }

  private ProgramException bad(String message) {
    return ProgramException.at(name + operands, message);
  }

  private Value x() {
    return operand(0, 1);
  }

  private Value operand(int index, int count) {
    if (operands.size() != count) {
      throw bad("operands must be " + count + ", got " + operands.size());
    }
    return operands.get(index);
  }

  private Optional<Operation> pointwiseKind() {
    for (UnaryKind kind : UnaryKind.values()) {
      if (OperationPrinter.lower(kind).equals(name)) {
        return Optional.of(new Unary(kind, x()));
      }
    }
    for (BinaryKind kind : BinaryKind.values()) {
      if (OperationPrinter.lower(kind).equals(name)) {
        return Optional.of(new Binary(kind, operand(0, 2), operand(1, 2)));
      }
    }
    for (Comparison relation : Comparison.values()) {
      if (OperationPrinter.lower(relation).equals(name)) {
        return Optional.of(new Compare(relation, operand(0, 2), operand(1, 2)));
      }
    }
    return Optional.empty();
  }

  private Operation named() {
    return switch (name) {
      case "select" -> new Select(operand(0, 3), operand(1, 3), operand(2, 3));
      case "convert" -> new Convert(x(), dtype());
      case "ragged" -> {
        Value x = operand(0, 2);
        yield new Ragged(x, operand(1, 2), text("label"), number("fill", x.type().dtype()));
      }
      case "uniform" -> new Uniform(operand(0, 2), operand(1, 2), whole("stream", 0), dtype());
      case "einsum" -> einsum();
      case "reduce_sum" -> new Reduce(ReduceKind.SUM, x(), texts("labels"));
      case "reduce_max" -> new Reduce(ReduceKind.MAX, x(), texts("labels"));
      case "reduce_min" -> new Reduce(ReduceKind.MIN, x(), texts("labels"));
      case "softmax" -> new Softmax(x(), text("label"));
      case "cumulative_sum" ->
          new CumulativeSum(x(), text("label"), flag("exclusive"), flag("reverse"));
      case "top_k" -> new TopK(x(), text("label"), whole("k"), text("into"));
      case "arg_max" -> new ArgMax(x(), text("label"));
      case "one_hot" -> new OneHot(x(), text("label"), whole("size"), dtype());
      case "constant" -> {
        ValueType type = type();
        yield new Constant(type, number("value", type.dtype()));
      }
      case "iota" -> new Iota(type(), text("label"));
      case "random" -> new Random(x(), whole("stream"), type());
      case "scan" -> scan();
      case "composite" -> composite();
      case AttentionForm.NAME -> attention().of(operands);
      case AttentionForm.GRADIENT -> attention().gradientOf(operands);
      default -> movement();
    };
  }

  private Operation movement() {
    return switch (name) {
      case "annotate" -> new Annotate(x(), Annotation.parse(text("layout"), priority()));
      case "slice" -> new Slice(x(), text("label"), whole("from"), whole("to"), whole("step", 1));
      case "pad" ->
          new Pad(
              x(),
              text("label"),
              whole("low", 0),
              whole("high", 0),
              whole("interior", 0),
              number("fill", x().type().dtype()));
      case "concatenate" -> new Concatenate(operands, text("label"));
      case "shift" ->
          new Shift(x(), text("label"), whole("by"), number("fill", x().type().dtype()));
      case "window" ->
          new Window(
              x(),
              text("label"),
              text("window"),
              whole("size"),
              whole("stride", 1),
              whole("dilation", 1));
      case "split" ->
          new Split(
              x(),
              text("label"),
              texts("into"),
              texts("sizes").stream().map(size -> whole("sizes", size)).toList());
      case "merge" -> new Merge(x(), texts("labels"), text("into"));
      case "manual" -> new Manual(axes(), program("body"), operands, terms("in"), terms("out"));
      default -> communication();
    };
  }

  private Operation communication() {
    return switch (name) {
      case "all_reduce" -> new Communication.AllReduce(x(), by(), axes());
      case "all_gather" -> new Communication.AllGather(x(), text("label"), axes());
      case "reduce_scatter" -> new Communication.ReduceScatter(x(), text("label"), axes());
      case "all_to_all" -> new Communication.AllToAll(x(), text("from"), text("to"), axes());
      case "own_chunk" -> new Communication.OwnChunk(x(), text("label"), axes());
      case "permute" -> new Communication.Permute(x(), axes(), routes());
      case "axis_index" -> {
        if (!operands.isEmpty()) {
          throw bad("operands must be none, got " + operands.size());
        }
        yield new Communication.AxisIndex(MeshAxis.parse(text("axis")));
      }
      default -> throw bad("no operation of this name is known" + OperationNames.similar(name));
    };
  }

  private List<MeshAxis> axes() {
    return texts("axes").stream().map(MeshAxis::parse).toList();
  }

  private List<Term> terms(String key) {
    return texts(key).stream().map(Term::parseSpaced).toList();
  }

  private ReduceKind by() {
    String by = word("by");
    for (ReduceKind kind : ReduceKind.values()) {
      if (OperationPrinter.lower(kind).equals(by)) {
        return kind;
      }
    }
    throw bad("by: expected sum, max or min, got " + by);
  }

  private Routes routes() {
    if (!attributes.containsKey("pairs")) {
      return new Routes.Shift(whole("by"), flag("wraps"));
    }
    return new Routes.Pairs(texts("pairs").stream().map(this::pair).toList());
  }

  private Routes.Pair pair(String pair) {
    int arrow = pair.indexOf("->");
    try {
      return new Routes.Pair(
          Integer.parseInt(pair.substring(0, Math.max(arrow, 0))),
          Integer.parseInt(pair.substring(arrow + 2)));
    } catch (NumberFormatException notPair) {
      throw bad("pairs: expected from->to as 0->1, got " + pair);
    }
  }

  private int priority() {
    long priority = whole("priority", 0);
    if (priority != (int) priority) {
      throw bad("priority must be below 2^31, got " + priority);
    }
    return (int) priority;
  }

  private Operation einsum() {
    if (operands.isEmpty()) {
      throw bad("operands must be at least one, got none");
    }
    DType dtype = attributes.containsKey("dtype") ? dtype() : operands.getFirst().type().dtype();
    Map<String, Long> sizes = new HashMap<>();
    for (String size : attributes.containsKey("sizes") ? texts("sizes") : List.<String>of()) {
      int equals = size.indexOf('=');
      if (equals < 0) {
        throw bad("expected label=size, got \"" + size + "\"");
      }
      String label = size.substring(0, equals);
      if (sizes.put(label, whole("sizes", size.substring(equals + 1))) != null) {
        throw bad("sizes: labels must be distinct, got " + label + " again");
      }
    }
    return new Contraction.Einsum(Equation.parse(text("equation")), operands, dtype, sizes);
  }

  private int count(String key, int most) {
    long count = whole(key);
    if (count < 0 || count > most) {
      throw bad(key + " must be in [0, " + most + "], the operands left, got " + count);
    }
    return (int) count;
  }

  private Operation scan() {
    int carried = count("carried", operands.size());
    int sequences = carried + count("sequences", operands.size() - carried);
    return new Scan(
        whole("count"),
        text("label"),
        flag("reverse"),
        program("body"),
        operands.subList(0, carried),
        operands.subList(carried, sequences),
        operands.subList(sequences, operands.size()));
  }

  private AttentionForm attention() {
    return new AttentionForm(
        real(AttentionForm.SCALE, word(AttentionForm.SCALE)), flag(AttentionForm.CAUSAL));
  }

  private Operation composite() {
    Map<String, String> own = new HashMap<>();
    for (String key : List.copyOf(attributes.keySet())) {
      if (key.startsWith(".")) {
        own.put(key.substring(1), text(key));
      }
    }
    return Composite.of(word("name"), own, operands, program("decomposition"), texts("splittable"));
  }

  private AttributeText take(String key) {
    AttributeText value = attributes.remove(key);
    if (value == null) {
      throw bad("expected an attribute " + key);
    }
    return value;
  }

  private String word(String key) {
    return switch (take(key)) {
      case AttributeText.Word(String value) -> value;
      case AttributeText other -> throw bad(key + ": expected a word, got " + other.text(""));
    };
  }

  private String text(String key) {
    return switch (take(key)) {
      case AttributeText.Text(String value) -> value;
      case AttributeText other ->
          throw bad(key + ": expected text in quotes, got " + other.text(""));
    };
  }

  private List<String> texts(String key) {
    return switch (take(key)) {
      case AttributeText.Texts(List<String> values) -> values;
      case AttributeText other -> throw bad(key + ": expected a list, got " + other.text(""));
    };
  }

  private Program program(String key) {
    return switch (take(key)) {
      case AttributeText.Nested(Program program) -> program;
      case AttributeText other -> throw bad(key + ": expected a program, got " + other.text(""));
    };
  }

  private long whole(String key) {
    return whole(key, word(key));
  }

  private long whole(String key, long otherwise) {
    return attributes.containsKey(key) ? whole(key) : otherwise;
  }

  private long whole(String key, String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException notNumber) {
      throw bad(key + ": expected an integer, got " + digits);
    }
  }

  private boolean flag(String key) {
    if (!attributes.containsKey(key)) {
      return false;
    }
    String value = word(key);
    if (!value.equals("true") && !value.equals("false")) {
      throw bad(key + ": expected true or false, got " + value);
    }
    return value.equals("true");
  }

  private DType dtype() {
    return DType.parse(word("dtype"));
  }

  private ValueType type() {
    return ValueType.parse(text("type"));
  }

  private Scalar number(String key, DType dtype) {
    String digits = word(key);
    if (dtype == DType.BOOL && (digits.equals("true") || digits.equals("false"))) {
      return new Scalar.Whole(digits.equals("true") ? 1 : 0);
    }
    if (!dtype.isFloating()) {
      return new Scalar.Whole(whole(key, digits));
    }
    return new Scalar.Real(real(key, digits));
  }

  private double real(String key, String digits) {
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException notNumber) {
      throw bad(key + ": expected a number, got " + digits);
    }
  }
}
