package io.github.shardsum.internal.stablehlo.read;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of one number each, such as the counter of a loop, computed as the module is read. */
final class ScalarEvaluation {
  /** The most operations from a number back to constants. */
  private static final int MOST_DEPTH = 500;

  private final Map<SsaValue, SsaStep> defining;

  ScalarEvaluation(Map<SsaValue, SsaStep> defining) {
    this.defining = defining;
  }

  Optional<SsaStep> step(SsaValue value) {
    return Optional.ofNullable(defining.get(value));
  }

  /**
   * The number that a value is everywhere.
   *
   * @param given numbers of other values; true is 1
   * @return the number; empty if it depends on other values, or is not of one number
   */
  Optional<Double> evaluate(SsaValue value, Map<SsaValue, Double> given) {
    return evaluate(value, new HashMap<>(given), 0);
  }

  private Optional<Double> evaluate(SsaValue value, Map<SsaValue, Double> known, int depth) {
    Double number = known.get(value);
    if (number != null) {
      return Optional.of(number);
    }
    SsaStep step = defining.get(value);
    if (step == null || depth > MOST_DEPTH) {
      return Optional.empty();
    }
    if (step.name().equals("stablehlo.constant")) {
      return step.operation()
          .attribute("value")
          .filter(each -> each instanceof Mlir.Dense)
          .map(each -> MlirLiterals.scalars((Mlir.Dense) each, ProgramScope.dtype(value.type())))
          .filter(numbers -> numbers.size() == 1)
          .map(numbers -> numbers.getFirst().toDouble());
    }
    double[] operands = new double[step.operands().size()];
    if (operands.length == 0 || operands.length > 3) {
      return Optional.empty();
    }
    for (int i = 0; i < operands.length; i++) {
      Optional<Double> operand = evaluate(step.operands().get(i), known, depth + 1);
      if (operand.isEmpty()) {
        return operand;
      }
      operands[i] = operand.get();
    }
    Optional<Double> result = apply(step, operands);
    result.ifPresent(each -> known.put(value, each));
    return result;
  }

  private static Optional<Double> apply(SsaStep step, double[] x) {
    boolean whole = !step.result().type().element().startsWith("f");
    return switch (step.name()) {
      case "stablehlo.add" -> Optional.of(x[0] + x[1]);
      case "stablehlo.subtract" -> Optional.of(x[0] - x[1]);
      case "stablehlo.multiply" -> Optional.of(x[0] * x[1]);
      case "stablehlo.negate" -> Optional.of(-x[0]);
      case "stablehlo.maximum" -> Optional.of(Math.max(x[0], x[1]));
      case "stablehlo.minimum" -> Optional.of(Math.min(x[0], x[1]));
      case "stablehlo.clamp" -> Optional.of(Math.min(Math.max(x[1], x[0]), x[2]));
      case "stablehlo.divide" ->
          x[1] == 0
              ? Optional.empty()
              : Optional.of(whole ? quotient((long) x[0], (long) x[1]) : x[0] / x[1]);
      case "stablehlo.remainder" -> x[1] == 0 ? Optional.empty() : Optional.of(x[0] % x[1]);
      case "stablehlo.and" -> Optional.of((double) ((long) x[0] & (long) x[1]));
      case "stablehlo.or" -> Optional.of((double) ((long) x[0] | (long) x[1]));
      case "stablehlo.not" ->
          step.result().type().element().equals("i1") ? Optional.of(1 - x[0]) : Optional.empty();
      case "stablehlo.select" -> Optional.of(x[0] != 0 ? x[1] : x[2]);
      case "stablehlo.compare" -> Optional.of(compare(step, x[0], x[1]) ? 1.0 : 0.0);
      case "stablehlo.convert" -> Optional.of(whole && !Double.isNaN(x[0]) ? (long) x[0] : x[0]);
      case "stablehlo.reshape", "stablehlo.broadcast_in_dim", "stablehlo.transpose" ->
          Optional.of(x[0]);
      default -> Optional.empty();
    };
  }

  private static double quotient(long dividend, long divisor) {
    long whole = dividend / divisor;
    return whole;
  }

  private static boolean compare(SsaStep step, double left, double right) {
    return switch (PointwiseReader.relation(step)) {
      case EQ -> left == right;
      case NE -> left != right;
      case LT -> left < right;
      case LE -> left <= right;
      case GT -> left > right;
      case GE -> left >= right;
    };
  }

  /** The only operation of a function of two elements, such as {@code stablehlo.add}. */
  static Optional<String> function(SsaStep step) {
    String applied = step.operation().word("applies");
    if (!applied.isEmpty()) {
      return Optional.of(applied);
    }
    if (step.bodies().isEmpty()) {
      return Optional.empty();
    }
    SsaBody body = step.body();
    List<SsaStep> steps = body.steps();
    if (steps.size() != 1 || !steps.getFirst().results().equals(body.returned())) {
      return Optional.empty();
    }
    List<SsaValue> operands = steps.getFirst().operands();
    boolean both =
        operands.equals(body.arguments()) || operands.equals(body.arguments().reversed());
    return both ? Optional.of(steps.getFirst().name()) : Optional.empty();
  }
}
