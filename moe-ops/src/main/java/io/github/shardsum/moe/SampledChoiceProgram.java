package io.github.shardsum.moe;

import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/** Second experts drawn in proportion to the gates of all but the first, in plain operations. */
final class SampledChoiceProgram {
  private final RoutingScope scope;
  private final ProgramBuilder p;

  SampledChoiceProgram(RoutingScope scope) {
    this.scope = scope;
    this.p = scope.p();
  }

  /**
   * The second experts.
   *
   * @param gates {@code [G, S, E]}
   * @param first {@code [G, S]} of i32
   * @param uniform {@code [G, S]} or {@code [G, S, E]}
   * @return {@code [G, S]} of i32
   */
  Value second(Value gates, Value first, Value uniform) {
    Value isFirst = p.oneHot(first, "E", scope.experts(), DType.BOOL);
    return scope.form().uniform() == MoeProgramSpec.Uniform.PER_EXPERT
        ? byGumbelMax(gates, first, isFirst, uniform)
        : byRunningSum(gates, first, isFirst, uniform);
  }

  /** Where there is nothing to draw from: the lowest expert that is not the first. */
  private Value lowest(Value first) {
    return p.convert(p.compare(Comparison.EQ, first, scope.integer(0)), DType.I32);
  }

  private Value byRunningSum(Value gates, Value first, Value isFirst, Value uniform) {
    long last = scope.experts() - 1;
    Value others = p.select(isFirst, scope.number(0), gates);
    Value run = p.cumulativeSum(others, "E");
    Value rest = p.sum(p.slice(run, "E", last, last + 1), "E");
    Value some = p.compare(Comparison.GT, others, scope.number(0));
    Value beyond = p.compare(Comparison.GT, run, p.multiply(uniform, rest));
    Value hit = p.binary(BinaryKind.AND, some, beyond);
    Value index = p.iota(scope.type(DType.I32, "E").toString(), "E");
    // Where rounding lets no sum reach the target, the last expert that has a gate.
    Value highest = p.reduce(ReduceKind.MAX, p.select(some, index, scope.integer(-1)), "E");
    Value none = p.compare(Comparison.LT, highest, scope.integer(0));
    return p.select(
        p.reduce(ReduceKind.MAX, hit, "E"),
        p.argMax(hit, "E"),
        p.select(none, lowest(first), highest));
  }

  private Value byGumbelMax(Value gates, Value first, Value isFirst, Value uniform) {
    Value noise = p.negate(log(p.negate(log(uniform))));
    Value score = p.add(log(gates), noise);
    Value never = scope.number(Double.NEGATIVE_INFINITY);
    Value isNan = p.compare(Comparison.NE, score, score);
    Value open = p.select(p.binary(BinaryKind.OR, isFirst, isNan), never, score);
    Value some = p.compare(Comparison.GT, p.reduce(ReduceKind.MAX, open, "E"), never);
    return p.select(some, p.argMax(open, "E"), lowest(first));
  }

  private Value log(Value x) {
    return p.unary(UnaryKind.LOG, x);
  }
}
