package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Operations on one element at a time. */
final class PointwiseReader {
  private static final Map<String, UnaryKind> UNARY =
      Map.ofEntries(
          Map.entry("stablehlo.negate", UnaryKind.NEGATE),
          Map.entry("stablehlo.abs", UnaryKind.ABS),
          Map.entry("stablehlo.sign", UnaryKind.SIGN),
          Map.entry("stablehlo.exponential", UnaryKind.EXP),
          Map.entry("stablehlo.log", UnaryKind.LOG),
          Map.entry("stablehlo.sqrt", UnaryKind.SQRT),
          Map.entry("stablehlo.rsqrt", UnaryKind.RSQRT),
          Map.entry("stablehlo.tanh", UnaryKind.TANH),
          Map.entry("stablehlo.logistic", UnaryKind.LOGISTIC),
          Map.entry("stablehlo.sine", UnaryKind.SINE),
          Map.entry("stablehlo.cosine", UnaryKind.COSINE),
          Map.entry("stablehlo.floor", UnaryKind.FLOOR),
          Map.entry("stablehlo.not", UnaryKind.NOT));

  private static final Map<String, BinaryKind> BINARY =
      Map.ofEntries(
          Map.entry("stablehlo.add", BinaryKind.ADD),
          Map.entry("stablehlo.subtract", BinaryKind.SUBTRACT),
          Map.entry("stablehlo.multiply", BinaryKind.MULTIPLY),
          Map.entry("stablehlo.divide", BinaryKind.DIVIDE),
          Map.entry("stablehlo.remainder", BinaryKind.REMAINDER),
          Map.entry("stablehlo.power", BinaryKind.POWER),
          Map.entry("stablehlo.maximum", BinaryKind.MAXIMUM),
          Map.entry("stablehlo.minimum", BinaryKind.MINIMUM),
          Map.entry("stablehlo.and", BinaryKind.AND),
          Map.entry("stablehlo.or", BinaryKind.OR),
          Map.entry("stablehlo.xor", BinaryKind.XOR));

  /** Functions that a program writes in several operations. */
  private static final Map<String, BiFunction<ProgramBuilder, Value, Value>> COMPOSED =
      Map.of(
          "chlo.square", (p, x) -> p.multiply(x, x),
          "stablehlo.ceil", (p, x) -> p.negate(p.floor(p.negate(x))),
          "stablehlo.tan", (p, x) -> p.divide(p.sine(x), p.cosine(x)),
          "stablehlo.is_finite", (p, x) -> p.less(p.abs(x), Double.POSITIVE_INFINITY),
          "stablehlo.exponential_minus_one", ComposedFunctions::expm1,
          "stablehlo.log_plus_one", ComposedFunctions::log1p,
          "stablehlo.round_nearest_even", ComposedFunctions::roundToEven,
          "chlo.erf", ComposedFunctions::erf,
          "chlo.erfc", ComposedFunctions::erfc);

  private PointwiseReader() {}

  /** Reads a pointwise operation; false if it is another one. */
  static boolean read(ProgramScope scope, SsaStep step) {
    Optional<Value> result = result(scope, step);
    result.ifPresent(
        value -> scope.put(step.result(), View.Held.within(value, scope.names(step.result()))));
    return result.isPresent();
  }

  private static Optional<Value> result(ProgramScope scope, SsaStep step) {
    ProgramBuilder builder = scope.builder();
    String name = step.name();
    if (UNARY.containsKey(name)) {
      return Optional.of(builder.unary(UNARY.get(name), operand(scope, step, 0)));
    }
    if (COMPOSED.containsKey(name)) {
      return Optional.of(COMPOSED.get(name).apply(builder, operand(scope, step, 0)));
    }
    if (BINARY.containsKey(name)) {
      if (step.result().type().element().equals("ui32")) {
        throw step.operation().error("arithmetic of ui32 is not read");
      }
      return Optional.of(
          builder.binary(BINARY.get(name), operand(scope, step, 0), operand(scope, step, 1)));
    }
    return switch (name) {
      case "stablehlo.compare" ->
          Optional.of(
              builder.compare(relation(step), operand(scope, step, 0), operand(scope, step, 1)));
      case "stablehlo.select" ->
          Optional.of(
              builder.select(
                  operand(scope, step, 0), operand(scope, step, 1), operand(scope, step, 2)));
      case "stablehlo.clamp" ->
          Optional.of(
              builder.minimum(
                  builder.maximum(operand(scope, step, 1), operand(scope, step, 0)),
                  operand(scope, step, 2)));
      default -> Optional.empty();
    };
  }

  private static Value operand(ProgramScope scope, SsaStep step, int index) {
    return scope.aligned(step.operand(index), scope.names(step.result()));
  }

  /** A conversion; one of a known number is a known number. */
  static void convert(ProgramScope scope, SsaStep step) {
    DType dtype = ProgramScope.dtype(step.result().type());
    if (scope.view(step.operand(0)) instanceof View.Splat(DType from, Scalar number, int rank)
        && (dtype.isFloating() || !from.isFloating())
        && (dtype != DType.I32 || number.toLong() == (int) number.toLong())) {
      Scalar same =
          from.isFloating()
              ? Scalar.of(dtype, number.toDouble())
              : Scalar.of(dtype, number.toLong());
      scope.put(step.result(), new View.Splat(dtype, same, rank));
      return;
    }
    Value converted = scope.builder().convert(operand(scope, step, 0), dtype);
    scope.put(step.result(), View.Held.within(converted, scope.names(step.result())));
  }

  /** The relation of a comparison, in the short or the generic form. */
  static Comparison relation(SsaStep step) {
    String word = step.operation().word("0");
    if (word.isEmpty()) {
      word =
          step.operation()
              .attribute("comparison_direction")
              .map(each -> each.items().isEmpty() ? each.word() : each.items().getFirst().word())
              .orElse("");
    }
    for (Comparison relation : Comparison.values()) {
      if (relation.name().equals(word)) {
        return relation;
      }
    }
    throw step.operation().error("must have a direction, got \"" + word + "\"");
  }
}
