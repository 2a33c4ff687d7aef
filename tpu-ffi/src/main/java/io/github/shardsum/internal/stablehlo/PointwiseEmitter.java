package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Operations on one element at a time. */
final class PointwiseEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;
  private final PhiloxEmitter philox;

  PointwiseEmitter(StableHloOps ops, ConversionEmitter conversions, PhiloxEmitter philox) {
    this.ops = ops;
    this.conversions = conversions;
    this.philox = philox;
  }

  Ssa emit(Pointwise operation, ValueType result, List<Ssa> operands) {
    List<Value> values = operation.operands();
    List<Ssa> in =
        IntStream.range(0, operands.size())
            .mapToObj(
                i -> LabelMatching.broadcast(ops, operands.get(i), values.get(i).type(), result))
            .toList();
    return switch (operation) {
      case Pointwise.Unary(UnaryKind kind, _) -> unary(kind, in.getFirst());
      case Pointwise.Binary(BinaryKind kind, _, _) -> binary(kind, in.getFirst(), in.getLast());
      case Pointwise.Compare(Comparison relation, _, _) ->
          ops.compare(relation.name(), in.getFirst(), in.getLast());
      case Pointwise.Select _ -> ops.select(in.get(0), in.get(1), in.get(2));
      case Pointwise.Convert convert ->
          conversions.convert(in.getFirst(), StableHloElementType.of(convert.dtype()));
      case Pointwise.Uniform uniform ->
          philox.uniform(
              in.getFirst(),
              in.getLast(),
              uniform.stream(),
              StableHloElementType.of(uniform.dtype()));
      case Pointwise.Ragged ragged -> ragged(ragged, result, in);
    };
  }

  /** Computes bf16 in f32 and rounds once; computes other types directly. */
  private Ssa unary(UnaryKind kind, Ssa x) {
    Ssa wide = conversions.widened(x);
    String name =
        switch (kind) {
          case EXP -> "exponential";
          case RELU -> "maximum";
          case NEGATE, ABS, SIGN, LOG, SQRT, RSQRT, TANH, LOGISTIC, SINE, COSINE, FLOOR, NOT ->
              kind.name().toLowerCase(Locale.ROOT);
        };
    Ssa result =
        kind == UnaryKind.RELU
            ? ops.elementwise(name, wide, ops.constant(wide.type(), 0))
            : ops.elementwise(name, wide);
    return ops.convert(result, x.element());
  }

  private Ssa binary(BinaryKind kind, Ssa x, Ssa y) {
    if (!x.element().isFloating() && (kind == BinaryKind.DIVIDE || kind == BinaryKind.REMAINDER)) {
      return quotient(kind, x, y);
    }
    Ssa left = conversions.widened(x);
    Ssa right = conversions.widened(y);
    Ssa result = ops.elementwise(kind.name().toLowerCase(Locale.ROOT), left, right);
    return ops.convert(kind == BinaryKind.POWER ? power(result, left, right) : result, x.element());
  }

  /**
   * Replaces two kinds of divisors before an integer division: 0, and -1 for the least integer.
   * StableHLO leaves the results for both to the plugin, and XLA's CPU plugins below 0.115 end the
   * process if they fold such constants.
   */
  private Ssa quotient(BinaryKind kind, Ssa x, Ssa y) {
    Ssa zero = ops.compare("EQ", y, ops.constant(y.type(), 0));
    Ssa overflow =
        ops.elementwise(
            "and",
            ops.compare("EQ", x, ops.constant(x.type(), Literals.least(x.element()))),
            ops.compare("EQ", y, ops.constant(y.type(), -1)));
    Ssa divisor = ops.select(ops.elementwise("or", zero, overflow), ops.constant(y.type(), 1), y);
    return kind == BinaryKind.DIVIDE
        ? ops.select(zero, ops.constant(x.type(), -1), ops.elementwise("divide", x, divisor))
        : ops.select(zero, x, ops.elementwise("remainder", x, divisor));
  }

  /**
   * As in Java, a power is NaN if the exponent is NaN, or if it is infinite and the base is 1 or
   * -1.
   */
  private Ssa power(Ssa result, Ssa x, Ssa y) {
    Ssa infinity = ops.constant(y.type(), Literals.greatest(y.element()));
    Ssa ones =
        ops.elementwise(
            "and",
            ops.compare("EQ", ops.elementwise("abs", x), ops.constant(x.type(), 1)),
            ops.compare("EQ", ops.elementwise("abs", y), infinity));
    Ssa none = ops.elementwise("or", ones, ops.compare("NE", y, y));
    Ssa nan = ops.constant(x.type(), Literals.real(x.element(), Double.NaN));
    return ops.select(none, nan, result);
  }

  private Ssa ragged(Pointwise.Ragged ragged, ValueType result, List<Ssa> in) {
    Ssa x = in.getFirst();
    Ssa lengths = ops.convert(in.getLast(), StableHloElementType.I64);
    Ssa index = ops.iota(lengths.type(), result.axis(ragged.label()));
    Ssa fill = ops.constant(x.type(), Literals.of(x.element(), ragged.fill()));
    return ops.select(ops.compare("LT", index, lengths), x, fill);
  }
}
