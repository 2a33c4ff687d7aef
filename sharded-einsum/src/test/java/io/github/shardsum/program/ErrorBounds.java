package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run of a program in f32 may be off, as a program in f64: beside every value goes a bound
 * of its error, made of the errors of the operands and of the roundings of the operation, which for
 * a sum are as many as its terms. Of a choice (a relation, an index) the bound is 1 where the
 * errors could have made it another, so that what it selects may be either.
 *
 * <p>Made for the operations of {@link RandomPrograms#real}.
 */
public final class ErrorBounds {
  /** Half the distance of two f32 at 1. */
  private static final double UNIT = 0x1p-24;

  /** Roundings that a function such as tanh may be off. */
  private static final double FUNCTION = 4;

  /** A value and the bound of its error: of f64, with the same labels. */
  private record Bounded(Value value, Value error) {}

  private final ProgramBuilder p;
  private final Map<Value, Bounded> known = new HashMap<>();

  private ErrorBounds(String name) {
    this.p = Program.builder(name);
  }

  /**
   * The program of values and bounds.
   *
   * @return of the same inputs in f64, which have no error: each output and then its bound
   */
  public static Program of(Program program) {
    Program plain = Passes.decompose(program, _ -> true);
    ErrorBounds bounds = new ErrorBounds("bounds");
    for (Value input : plain.inputs()) {
      Value value = bounds.p.input(input.name(), wide(input.type()));
      bounds.known.put(input, new Bounded(value, bounds.none(value)));
    }
    return bounds.body(plain);
  }

  /** A body whose inputs bring their errors. */
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
        Value error = aligned(made.get(i).error, made.get(i).value);
        known.put(statement.results().get(i), new Bounded(made.get(i).value, error));
      }
    }
    for (int i = 0; i < program.outputs().size(); i++) {
      Bounded output = of(program.outputs().get(i));
      p.output("value" + i, output.value);
      p.output("bound" + i, output.error);
    }
    return p.build();
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

  private Value number(double value) {
    return p.constant(DType.F64, value);
  }

  private Value size(Value x) {
    return p.unary(UnaryKind.ABS, x);
  }

  /** At most the size of the true value and of any computed one. */
  private Value most(Bounded x) {
    return p.add(size(x.value), x.error);
  }

  /** 1 where it holds. */
  private Value flag(Value condition) {
    return p.select(condition, number(1), number(0));
  }

  private Value positive(Value error) {
    return p.compare(Comparison.GT, error, number(0));
  }

  /** With the labels of a value, along the missing of which it is repeated. */
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
        new Equation(List.of(Terms.of(error.type().names())), Terms.of(value.type().names()));
    return p.einsum(equation, List.of(error), sizes);
  }

  private List<Bounded> make(Operation operation) {
    return switch (operation) {
      case Pointwise pointwise -> List.of(pointwise(pointwise));
      case Contraction contraction -> List.of(contraction(contraction));
      case Selection selection -> selection(selection);
      case Source source -> List.of(source(source));
      case Movement movement -> List.of(movement(movement));
      case Nested.Loop loop -> loop(loop);
      case Nested.Composite composite ->
          throw new IllegalStateException("was decomposed: " + composite.name());
    };
  }

  private Bounded pointwise(Pointwise operation) {
    return switch (operation) {
      case Pointwise.Unary(UnaryKind kind, Value x) -> unary(kind, of(x));
      case Pointwise.Binary(BinaryKind kind, Value x, Value y) -> binary(kind, of(x), of(y));
      case Pointwise.Compare(Comparison relation, Value x, Value y) -> {
        Value error = p.add(of(x).error, of(y).error);
        Value distance = size(p.subtract(of(x).value, of(y).value));
        Value near = p.compare(Comparison.LE, distance, error);
        Value open = p.multiply(flag(near), flag(positive(error)));
        yield new Bounded(p.compare(relation, of(x).value, of(y).value), open);
      }
      case Pointwise.Select(Value c, Value x, Value y) -> {
        Value chosen = p.select(of(c).value, of(x).error, of(y).error);
        Value both = p.add(of(x).error, of(y).error);
        Value either = p.add(size(p.subtract(of(x).value, of(y).value)), both);
        Value error = p.select(positive(of(c).error), either, chosen);
        yield new Bounded(p.select(of(c).value, of(x).value, of(y).value), error);
      }
      case Pointwise.Ragged(Value x, Value lengths, String label, Scalar fill) ->
          new Bounded(
              one(new Pointwise.Ragged(of(x).value, of(lengths).value, label, fill)),
              p.ragged(of(x).error, of(lengths).value, label, 0));
      case Pointwise.Convert convert -> throw new IllegalStateException("not made: " + convert);
    };
  }

  private Bounded unary(UnaryKind kind, Bounded x) {
    Value error =
        switch (kind) {
          case NEGATE, ABS, RELU -> x.error;
          case SIGN -> {
            Value near = flag(p.compare(Comparison.LE, size(x.value), x.error));
            yield p.scale(2, p.multiply(near, flag(positive(x.error))));
          }
          // Their slope is at most 1, and they are at most 1.
          case TANH, LOGISTIC, SINE, COSINE -> {
            Value moved = p.binary(BinaryKind.MINIMUM, x.error, number(2));
            yield p.add(moved, number(FUNCTION * UNIT));
          }
          case EXP, LOG, SQRT, RSQRT, FLOOR, NOT ->
              throw new IllegalStateException("not made: " + kind);
        };
    return new Bounded(p.unary(kind, x.value), error);
  }

  private Bounded binary(BinaryKind kind, Bounded x, Bounded y) {
    Value value = p.binary(kind, x.value, y.value);
    Value error =
        switch (kind) {
          case ADD, SUBTRACT -> rounded(value, p.add(x.error, y.error));
          case MULTIPLY ->
              rounded(
                  value, p.add(p.multiply(most(x), y.error), p.multiply(x.error, size(y.value))));
          case MAXIMUM, MINIMUM -> p.binary(BinaryKind.MAXIMUM, x.error, y.error);
          case DIVIDE, REMAINDER, POWER, AND, OR, XOR ->
              throw new IllegalStateException("not made: " + kind);
        };
    return new Bounded(value, error);
  }

  private Value rounded(Value value, Value error) {
    return p.add(error, p.scale(UNIT, p.add(size(value), error)));
  }

  private Bounded contraction(Contraction operation) {
    return switch (operation) {
      case Contraction.Einsum einsum -> einsum(einsum);
      case Contraction.Reduce(ReduceKind kind, Value x, List<String> labels) -> {
        String[] names = labels.toArray(String[]::new);
        Value value = p.reduce(kind, of(x).value, names);
        long terms = labels.stream().mapToLong(x.type()::size).reduce(1, (a, b) -> a * b);
        Value error =
            kind == ReduceKind.SUM
                ? p.add(
                    p.sum(of(x).error, names),
                    p.scale((terms + 1) * UNIT, p.sum(most(of(x)), names)))
                : p.reduce(ReduceKind.MAX, of(x).error, names);
        yield new Bounded(value, error);
      }
      case Contraction.CumulativeSum(Value x, String label, boolean exclusive, boolean reverse) -> {
        Value moved = one(new Contraction.CumulativeSum(of(x).error, label, exclusive, reverse));
        Value sizes = one(new Contraction.CumulativeSum(most(of(x)), label, exclusive, reverse));
        Value error = p.add(moved, p.scale((x.type().size(label) + 1) * UNIT, sizes));
        yield new Bounded(
            one(new Contraction.CumulativeSum(of(x).value, label, exclusive, reverse)), error);
      }
      case Contraction.Softmax softmax -> throw new IllegalStateException("not made: " + softmax);
    };
  }

  /**
   * Of n terms of k factors: n additions, and a product and a rounding of what is between for k.
   */
  private Bounded einsum(Contraction.Einsum einsum) {
    List<Value> values = einsum.operands().stream().map(x -> of(x).value).toList();
    DType dtype = values.getFirst().type().dtype();
    Value value = one(new Contraction.Einsum(einsum.equation(), values, dtype, einsum.sizes()));
    if (!dtype.isFloating()) {
      Value error = of(einsum.operands().getFirst()).error;
      return new Bounded(value, p.einsum(einsum.equation(), List.of(error), einsum.sizes()));
    }
    List<Value> sizes = values.stream().map(this::size).toList();
    List<Value> most = einsum.operands().stream().map(x -> most(of(x))).toList();
    Value all = p.einsum(einsum.equation(), most, einsum.sizes());
    Value moved = p.subtract(all, p.einsum(einsum.equation(), sizes, einsum.sizes()));
    double roundings = terms(einsum) + 2L * values.size() + 2;
    return new Bounded(value, p.add(size(moved), p.scale(roundings * UNIT, all)));
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
        // The i-th largest moves by no more than the element that moves most.
        Value most = p.reduce(ReduceKind.MAX, of(x).error, label);
        List<Value> both = p.topK(of(x).value, label, k, into);
        yield List.of(
            new Bounded(both.getFirst(), most), new Bounded(both.getLast(), flag(positive(most))));
      }
      case Selection.ArgMax(Value x, String label) -> {
        Value most = p.reduce(ReduceKind.MAX, of(x).error, label);
        yield List.of(new Bounded(p.argMax(of(x).value, label), flag(positive(most))));
      }
      case Selection.OneHot(Value indices, String label, long size, DType _) ->
          List.of(
              new Bounded(p.oneHot(of(indices).value, label, size, DType.F64), of(indices).error));
    };
  }

  private Bounded source(Source operation) {
    Value value =
        switch (operation) {
          case Source.Constant(ValueType type, Scalar number) ->
              one(new Source.Constant(wide(type), number));
          case Source.Iota(ValueType type, String label) -> one(new Source.Iota(wide(type), label));
          case Source.Random random -> throw new IllegalStateException("not made: " + random);
        };
    return new Bounded(value, none(value));
  }

  private Bounded movement(Movement operation) {
    Scalar zero = Scalar.of(DType.F64, 0);
    return switch (operation) {
      case Movement.Slice(Value x, String label, long from, long to, long step) ->
          both(of(x), v -> new Movement.Slice(v, label, from, to, step));
      case Movement.Pad(Value x, String label, long low, long high, long inside, Scalar fill) ->
          new Bounded(
              one(new Movement.Pad(of(x).value, label, low, high, inside, fill)),
              one(new Movement.Pad(of(x).error, label, low, high, inside, zero)));
      case Movement.Concatenate(List<Value> operands, String label) ->
          new Bounded(
              one(new Movement.Concatenate(map(operands, x -> of(x).value), label)),
              one(new Movement.Concatenate(map(operands, x -> of(x).error), label)));
      case Movement.Shift(Value x, String label, long by, Scalar fill) ->
          new Bounded(
              one(new Movement.Shift(of(x).value, label, by, fill)),
              one(new Movement.Shift(of(x).error, label, by, zero)));
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

  private Bounded both(Bounded x, java.util.function.Function<Value, Operation> moved) {
    return new Bounded(one(moved.apply(x.value)), one(moved.apply(x.error)));
  }

  private static List<Value> map(
      List<Value> values, java.util.function.UnaryOperator<Value> function) {
    return values.stream().map(function).toList();
  }

  private List<Bounded> loop(Nested.Loop loop) {
    List<Value> results =
        p.add(
            new Nested.Loop(
                loop.count(),
                loop.label(),
                loop.reverse(),
                round(loop.body()),
                pairs(loop.carried()),
                pairs(loop.sequences()),
                pairs(loop.invariants())));
    List<Bounded> bounded = new ArrayList<>();
    for (int i = 0; i < results.size(); i += 2) {
      bounded.add(new Bounded(results.get(i), results.get(i + 1)));
    }
    return bounded;
  }

  private List<Value> pairs(List<Value> values) {
    List<Value> pairs = new ArrayList<>();
    for (Value value : values) {
      pairs.add(of(value).value);
      pairs.add(of(value).error);
    }
    return pairs;
  }
}
