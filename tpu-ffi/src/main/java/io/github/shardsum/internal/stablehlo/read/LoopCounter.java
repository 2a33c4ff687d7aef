package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The counter of a loop, whose values are known: it starts at a constant, and the condition and the
 * next value depend on nothing else.
 *
 * @param argument which argument of the body it is
 * @param start its value in the first round
 * @param by the difference between rounds
 * @param count the number of rounds
 */
record LoopCounter(
    SsaBody body, ScalarEvaluation evaluation, int argument, long start, long by, long count) {
  /** Rounds that are followed, and rounds for which an index is checked. */
  private static final int MOST_ROUNDS = 1 << 20;

  static LoopCounter of(SsaStep loop, ScalarEvaluation evaluation) {
    for (int i = 0; i < loop.operands().size(); i++) {
      Optional<LoopCounter> counter = counter(loop, evaluation, i);
      if (counter.isPresent()) {
        return counter.get();
      }
    }
    throw loop.operation()
        .error(
            "must be a counted loop: its condition must depend on a counter alone that starts at a"
                + " constant and changes by a constant");
  }

  private static Optional<LoopCounter> counter(
      SsaStep loop, ScalarEvaluation evaluation, int argument) {
    SsaBody condition = loop.bodies().getFirst();
    SsaBody body = loop.body();
    if (!loop.operand(argument).isScalar()
        || loop.operand(argument).type().element().startsWith("f")) {
      return Optional.empty();
    }
    Optional<Double> at = evaluation.evaluate(loop.operand(argument), Map.of());
    Optional<Double> by = Optional.empty();
    double start = at.orElse(0.0);
    for (int round = 0; at.isPresent() && round < MOST_ROUNDS; round++) {
      Map<SsaValue, Double> now = Map.of(condition.arguments().get(argument), at.get());
      Optional<Double> goes = evaluation.evaluate(condition.returned().getFirst(), now);
      if (goes.isEmpty()) {
        return Optional.empty();
      }
      if (goes.get() == 0) {
        return Optional.of(
            new LoopCounter(
                body, evaluation, argument, (long) start, by.orElse(0.0).longValue(), round));
      }
      Map<SsaValue, Double> inside = Map.of(body.arguments().get(argument), at.get());
      Optional<Double> next = evaluation.evaluate(body.returned().get(argument), inside);
      if (next.isEmpty() || (by.isPresent() && by.get() != next.get() - at.get())) {
        return Optional.empty();
      }
      by = Optional.of(next.get() - at.get());
      at = next;
    }
    return Optional.empty();
  }

  /** Its value after the last round. */
  long end() {
    return start + by * count;
  }

  /** Whether a value of the body is 0, 1, 2 and so on in the rounds. */
  boolean isForward(SsaValue value) {
    return isIndex(value, false);
  }

  /** Whether a value of the body is the number of rounds that are left after this one. */
  boolean isBackward(SsaValue value) {
    return isIndex(value, true);
  }

  private boolean isIndex(SsaValue value, boolean backward) {
    for (long round = 0; round < count; round++) {
      Map<SsaValue, Double> now =
          Map.of(body.arguments().get(argument), (double) (start + by * round));
      double wanted = backward ? count - 1 - round : round;
      if (!evaluation.evaluate(value, now).equals(Optional.of(wanted))) {
        return false;
      }
    }
    return true;
  }

  /** The counter of each round along a label, in reverse for a scan in reverse. */
  Value values(ProgramBuilder builder, String label, DType dtype, boolean reverse) {
    Value index = builder.iota(ValueType.of(dtype, List.of(label), List.of(count)), label);
    long first = reverse ? start + by * (count - 1) : start;
    long step = reverse ? -by : by;
    Value scaled = step == 1 ? index : builder.multiply(index, builder.constant(dtype, step));
    return first == 0 ? scaled : builder.add(scaled, builder.constant(dtype, first));
  }
}
