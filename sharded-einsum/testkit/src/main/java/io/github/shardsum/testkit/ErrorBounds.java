package io.github.shardsum.testkit;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.testkit.ErrorArithmetic;
import io.github.shardsum.internal.testkit.ErrorArithmetic.Bounded;
import io.github.shardsum.internal.testkit.PointwiseErrors;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds the error of a run of a program in f32, by a program in f64. Each value has an error
 * bound: the errors of the operands times the slope of the operation, plus the roundings of the
 * operation. A sum has one rounding for each term. The bound of a choice (a relation, an index) is
 * above 0 where the errors could change the choice, so that either selection is allowed. Where f32
 * may overflow, or the errors reach a pole or an end of a domain, the bound is infinite, and so is
 * the bound of every later result.
 */
public final class ErrorBounds {
  private final ProgramBuilder p;
  private final ErrorArithmetic a;
  private final PointwiseErrors pointwise;
  private final Map<Value, Bounded> known = new HashMap<>();

  private ErrorBounds(String name) {
    this.p = Program.builder(name);
    this.a = new ErrorArithmetic(p);
    this.pointwise = new PointwiseErrors(p, a);
  }

  /**
   * The program of values and bounds.
   *
   * @param program the program whose rounding is bounded
   * @return a program of the same inputs in f64, which have no error; its outputs are each output
   *     followed by its bound
   */
  public static Program of(Program program) {
    Program plain = Passes.decompose(Passes.unroll(program), _ -> true);
    ErrorBounds bounds = new ErrorBounds("bounds");
    for (Value input : plain.inputs()) {
      Value value = bounds.p.input(input.name(), wide(input.type()));
      bounds.known.put(input, new Bounded(value, bounds.none(value)));
    }
    return bounds.body(plain);
  }

  /**
   * The bounds of a run, as numbers.
   *
   * @param program the program whose rounding is bounded
   * @param inputs tensors of the inputs' dtypes and shapes; they have no error
   * @return one for each output
   * @throws IllegalArgumentException if the inputs do not fit the program
   */
  public static List<ErrorBound> of(Program program, List<Tensor> inputs) {
    List<Tensor> wide =
        inputs.stream().map(x -> x.dtype().isFloating() ? x.convert(DType.F64) : x).toList();
    List<ErrorBound> bounds = new ArrayList<>();
    try (Executable executable = new ReferenceBackend().compile(of(program))) {
      List<Tensor> results = executable.run(wide);
      for (int i = 0; i < results.size(); i += 2) {
        bounds.add(new ErrorBound(results.get(i), results.get(i + 1)));
      }
    }
    return List.copyOf(bounds);
  }

  /**
   * The bounds of an einsum, as numbers: for every order of its sums the result in f32 is within
   * these bounds.
   *
   * @param equation the equation, such as {@code mk,kn->mn}
   * @param operands operands in f32, which have no error
   * @return the bounds of the result
   * @throws IllegalArgumentException if the operands do not fit the equation
   */
  public static ErrorBound of(String equation, Tensor... operands) {
    ProgramBuilder builder = Program.builder("einsum");
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < operands.length; i++) {
      List<String> labels = new ArrayList<>();
      List<Long> sizes = new ArrayList<>();
      for (int dim = 0; dim < operands[i].shape().rank(); dim++) {
        labels.add("d" + dim);
        sizes.add(operands[i].size(dim));
      }
      values.add(builder.input("x" + i, ValueType.of(operands[i].dtype(), labels, sizes)));
    }
    Value result = builder.einsum(equation, values.toArray(Value[]::new));
    builder.output("result", result);
    return of(builder.build(), List.of(operands)).getFirst();
  }

  /** The bounds of a loop's body, whose inputs already have errors. */
  private static Program round(Program program) {
    ErrorBounds bounds = new ErrorBounds(program.name());
    for (Value input : program.inputs()) {
      Value value = bounds.p.input(input.name(), wide(input.type()));
      Value error = bounds.p.input("error." + input.name(), errorType(input.type()));
      bounds.known.put(input, new Bounded(value, error));
    }
    return bounds.body(program);
  }

  private Program body(Program program) {
    for (Statement statement : program.statements()) {
      List<Bounded> made = make(statement.operation());
      for (int i = 0; i < made.size(); i++) {
        Value value = made.get(i).value();
        Bounded bounded = new Bounded(value, aligned(made.get(i).error(), value));
        boolean real = value.type().dtype().isFloating();
        Value error = real ? a.open(bounded) : bounded.error();
        known.put(statement.results().get(i), new Bounded(value, error));
      }
    }
    for (int i = 0; i < program.outputs().size(); i++) {
      Bounded output = of(program.outputs().get(i));
      output("value" + i, output.value());
      output("bound" + i, output.error());
    }
    return p.build();
  }

  /** Adds an output as a copy, since its value may be an input or another output. */
  private void output(String name, Value value) {
    Equation identity =
        new Equation(
            List.of(Term.of(value.type().names().toArray(String[]::new))),
            Term.of(value.type().names().toArray(String[]::new)));
    p.output(name, p.einsum(identity, List.of(value), Map.of()));
  }

  private static ValueType wide(ValueType type) {
    DType dtype = type.dtype().isFloating() ? DType.F64 : type.dtype();
    return ValueType.of(dtype, type.names(), type.sizes());
  }

  private static ValueType errorType(ValueType type) {
    return ValueType.of(DType.F64, type.names(), type.sizes());
  }

  private Bounded of(Value value) {
    Bounded bounded = known.get(value);
    if (bounded == null) {
      throw new IllegalStateException("used before it is made: " + value);
    }
    return bounded;
  }

  private Value one(Operation operation) {
    return p.add(operation).getFirst();
  }

  private Value none(Value value) {
    return p.constant(errorType(value.type()), 0);
  }

  /**
   * A value repeated along the labels that it lacks, so that it has the labels of another value.
   */
  private Value aligned(Value error, Value value) {
    if (error.type().names().equals(value.type().names())) {
      return error;
    }
    Map<String, Long> sizes = new HashMap<>();
    for (String name : value.type().names()) {
      if (!error.type().names().contains(name)) {
        sizes.put(name, value.type().size(name));
      }
    }
    Equation equation =
        new Equation(
            List.of(Term.of(error.type().names().toArray(String[]::new))),
            Term.of(value.type().names().toArray(String[]::new)));
    return p.einsum(equation, List.of(error), sizes);
  }

  private List<Bounded> make(Operation operation) {
    return switch (operation) {
      case Pointwise pointwise -> List.of(pointwise(pointwise));
      case Contraction contraction -> List.of(contraction(contraction));
      case Selection selection -> selection(selection);
      case Source source -> List.of(source(source));
      case Movement movement -> List.of(movement(movement));
      case Nested.Scan scan -> scan(scan);
      case Nested.Composite composite ->
          throw new IllegalStateException("was decomposed: " + composite.name());
      case Nested.Manual _, Communication _ ->
          throw new IllegalStateException("was unrolled: " + operation);
    };
  }

  private Bounded pointwise(Pointwise operation) {
    return switch (operation) {
      case Pointwise.Unary unary -> pointwise.unary(unary.kind(), of(unary.x()));
      case Pointwise.Binary(BinaryKind kind, Value x, Value y) ->
          pointwise.binary(kind, of(x), of(y));
      case Pointwise.Compare(Comparison relation, Value x, Value y) ->
          pointwise.compare(relation, of(x), of(y));
      case Pointwise.Select(Value c, Value x, Value y) -> pointwise.select(of(c), of(x), of(y));
      case Pointwise.Uniform(Value seed, Value index, long stream, DType dtype) -> {
        // Seeds and indices are exact.
        Value value =
            one(new Pointwise.Uniform(of(seed).value(), of(index).value(), stream, dtype));
        Value wide = p.convert(value, DType.F64);
        yield new Bounded(wide, p.constant(errorType(wide.type()), 0));
      }
      case Pointwise.Ragged ragged ->
          pointwise.ragged(ragged, of(ragged.x()), of(ragged.lengths()));
      case Pointwise.Convert(Value x, DType dtype) ->
          pointwise.convert(x.type().dtype(), dtype, of(x));
    };
  }

  private Bounded contraction(Contraction operation) {
    return switch (operation) {
      case Contraction.Einsum einsum -> einsum(einsum);
      case Contraction.Reduce(ReduceKind kind, Value x, List<String> labels) -> {
        String[] names = labels.toArray(String[]::new);
        Value value = p.reduce(kind, of(x).value(), names);
        long terms = labels.stream().mapToLong(x.type()::size).reduce(1, (a, b) -> a * b);
        Value error =
            kind == ReduceKind.SUM
                ? p.add(
                    p.sum(of(x).error(), names),
                    a.rounded(p.sum(a.most(of(x)), names), a.number(0), terms + 1))
                : p.reduce(ReduceKind.MAX, of(x).error(), names);
        yield new Bounded(value, error);
      }
      case Contraction.CumulativeSum(Value x, String label, boolean exclusive, boolean reverse) -> {
        Value moved = one(new Contraction.CumulativeSum(of(x).error(), label, exclusive, reverse));
        Value sizes = one(new Contraction.CumulativeSum(a.most(of(x)), label, exclusive, reverse));
        Value error = p.add(moved, a.rounded(sizes, a.number(0), x.type().size(label) + 1));
        yield new Bounded(
            one(new Contraction.CumulativeSum(of(x).value(), label, exclusive, reverse)), error);
      }
      case Contraction.Softmax(Value x, String label) -> softmax(of(x), label);
    };
  }

  /**
   * The bounds of e^(x - m) divided by its sum. Each exponent has the errors of two elements and
   * the rounding of their difference; the sum has the same relative error. The sum adds n
   * roundings, and each result adds the roundings of a function and a quotient.
   */
  private Bounded softmax(Bounded x, String label) {
    Value value = p.softmax(x.value(), label);
    Value most = p.reduce(ReduceKind.MAX, x.error(), label);
    Value spread =
        p.subtract(
            p.reduce(ReduceKind.MAX, x.value(), label), p.reduce(ReduceKind.MIN, x.value(), label));
    Value off = p.scale(most, 2);
    Value exponent = p.add(off, p.scale(p.add(spread, off), 2 * ErrorArithmetic.UNIT));
    double roundings = 2 * ErrorArithmetic.FUNCTION + value.type().size(label) + 3;
    Value moved = p.subtract(p.multiply(value, p.exp(exponent)), value);
    return new Bounded(value, a.rounded(value, moved, roundings));
  }

  /**
   * The roundings of n terms of k factors: n additions, and for each factor a product and a
   * rounding of the intermediate value.
   */
  private Bounded einsum(Contraction.Einsum einsum) {
    List<Value> values = einsum.operands().stream().map(x -> of(x).value()).toList();
    DType dtype = values.getFirst().type().dtype();
    Value value = one(new Contraction.Einsum(einsum.equation(), values, dtype, einsum.sizes()));
    if (!dtype.isFloating()) {
      Value error = of(einsum.operands().getFirst()).error();
      return new Bounded(value, p.einsum(einsum.equation(), List.of(error), einsum.sizes()));
    }
    List<Value> sizes = values.stream().map(a::size).toList();
    List<Value> most = einsum.operands().stream().map(x -> a.most(of(x))).toList();
    Value all = p.einsum(einsum.equation(), most, einsum.sizes());
    Value moved = p.subtract(all, p.einsum(einsum.equation(), sizes, einsum.sizes()));
    double roundings = terms(einsum) + 2L * values.size() + 2;
    return new Bounded(value, p.add(a.size(moved), a.rounded(all, a.number(0), roundings)));
  }

  private static long terms(Contraction.Einsum einsum) {
    Map<Object, Long> summed = new HashMap<>();
    for (int i = 0; i < einsum.operands().size(); i++) {
      var axes = einsum.equation().operand(i).axes();
      for (int axis = 0; axis < axes.size(); axis++) {
        summed.put(axes.get(axis), einsum.operands().get(i).type().shape().size(axis));
      }
    }
    einsum.equation().output().axes().forEach(summed::remove);
    return summed.values().stream().reduce(1L, (a, b) -> a * b);
  }

  private List<Bounded> selection(Selection operation) {
    return switch (operation) {
      case Selection.TopK(Value x, String label, long k, String into) -> {
        // The error of the i-th largest element is at most the largest error of an element.
        Value most = p.reduce(ReduceKind.MAX, of(x).error(), label);
        List<Value> both = p.topK(of(x).value(), label, k, into);
        Value places = p.scale(a.flag(a.positive(most)), x.type().size(label));
        yield List.of(new Bounded(both.getFirst(), most), new Bounded(both.getLast(), places));
      }
      case Selection.ArgMax(Value x, String label) -> {
        Value most = p.reduce(ReduceKind.MAX, of(x).error(), label);
        Value places = p.scale(a.flag(a.positive(most)), x.type().size(label));
        yield List.of(new Bounded(p.argMax(of(x).value(), label), places));
      }
      case Selection.OneHot(Value indices, String label, long size, DType _) ->
          List.of(
              new Bounded(
                  p.oneHot(of(indices).value(), label, size, DType.F64),
                  a.flag(a.positive(of(indices).error()))));
    };
  }

  private Bounded source(Source operation) {
    return switch (operation) {
      case Source.Constant(ValueType type, Scalar number) -> {
        Value value = one(new Source.Constant(wide(type), number));
        yield new Bounded(value, p.constant(errorType(type), ErrorArithmetic.off(number)));
      }
      case Source.Iota(ValueType type, String label) -> {
        Value value = one(new Source.Iota(wide(type), label));
        yield new Bounded(value, none(value));
      }
      // An f32 number is made of fewer of the same random bits.
      case Source.Random(Value seed, long stream, ValueType type) -> {
        Value value = one(new Source.Random(of(seed).value(), stream, wide(type)));
        yield new Bounded(value, p.constant(errorType(type), ErrorArithmetic.UNIT));
      }
    };
  }

  private Bounded movement(Movement operation) {
    return switch (operation) {
      case Movement.Annotate(Value x, Annotation annotation) ->
          both(of(x), v -> new Movement.Annotate(v, annotation));
      case Movement.Slice(Value x, String label, long from, long to, long step) ->
          both(of(x), v -> new Movement.Slice(v, label, from, to, step));
      case Movement.Pad(Value x, String label, long low, long high, long inside, Scalar fill) ->
          new Bounded(
              one(new Movement.Pad(of(x).value(), label, low, high, inside, fill)),
              one(new Movement.Pad(of(x).error(), label, low, high, inside, off(fill))));
      case Movement.Concatenate(List<Value> operands, String label) ->
          new Bounded(
              one(new Movement.Concatenate(map(operands, x -> of(x).value()), label)),
              one(new Movement.Concatenate(map(operands, x -> of(x).error()), label)));
      case Movement.Shift(Value x, String label, long by, Scalar fill) ->
          new Bounded(
              one(new Movement.Shift(of(x).value(), label, by, fill)),
              one(new Movement.Shift(of(x).error(), label, by, off(fill))));
      case Movement.Window w ->
          both(
              of(w.x()),
              v ->
                  new Movement.Window(
                      v, w.label(), w.window(), w.size(), w.stride(), w.dilation()));
      case Movement.Split(Value x, String label, List<String> into, List<Long> sizes) ->
          both(of(x), v -> new Movement.Split(v, label, into, sizes));
      case Movement.Merge(Value x, List<String> labels, String into) ->
          both(of(x), v -> new Movement.Merge(v, labels, into));
    };
  }

  private static Scalar off(Scalar fill) {
    return new Scalar.Real(ErrorArithmetic.off(fill));
  }

  private Bounded both(Bounded x, java.util.function.Function<Value, Operation> moved) {
    return new Bounded(one(moved.apply(x.value())), one(moved.apply(x.error())));
  }

  private static List<Value> map(
      List<Value> values, java.util.function.UnaryOperator<Value> function) {
    return values.stream().map(function).toList();
  }

  private List<Bounded> scan(Nested.Scan scan) {
    List<Value> results =
        p.add(
            new Nested.Scan(
                scan.count(),
                scan.label(),
                scan.reverse(),
                round(scan.body()),
                pairs(scan.carried()),
                pairs(scan.sequences()),
                pairs(scan.invariants())));
    List<Bounded> bounded = new ArrayList<>();
    for (int i = 0; i < results.size(); i += 2) {
      bounded.add(new Bounded(results.get(i), results.get(i + 1)));
    }
    return bounded;
  }

  private List<Value> pairs(List<Value> values) {
    List<Value> pairs = new ArrayList<>();
    for (Value value : values) {
      pairs.add(of(value).value());
      pairs.add(of(value).error());
    }
    return pairs;
  }
}
