package io.github.shardsum.moe;

import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;

/** Experts that take their tokens, in plain operations: slot k of a token belongs to expert k. */
final class ExpertChoiceProgram {
  private final RoutingScope scope;
  private final ProgramBuilder p;

  ExpertChoiceProgram(RoutingScope scope) {
    this.scope = scope;
    this.p = scope.p();
  }

  RoutingProgram.Placed place(Value gates) {
    Value rank = p.let("rank", rank(gates));
    Value placed = p.compare(Comparison.GT, rank, scope.integer(0));
    Value zero = scope.number(0);
    Value chosen = p.rename(p.select(placed, gates, zero), "E", "K");
    Value after = scope.normalized(chosen, Normalization.AFTER_DROPPING, chosen);
    Value isPlaced = p.rename(placed, "E", "K");
    Value weights = p.convert(p.select(isPlaced, after, zero), scope.dtype());
    Value index = p.iota(scope.type(DType.I32, "E").toString(), "E");
    Value start = p.multiply(index, scope.integer(scope.form().capacity()));
    Value flat = p.subtract(p.add(rank, start), scope.integer(1));
    Value sent = p.compare(Comparison.NE, weights, p.constant(scope.dtype(), 0));
    Value positions = p.select(sent, p.rename(flat, "E", "K"), scope.integer(-1));
    return new RoutingProgram.Placed(weights, positions, rank);
  }

  /**
   * Of each token and expert 1, 2, ... for the tokens that it takes, best first, and 0 for others.
   */
  private Value rank(Value gates) {
    long count = Math.min(scope.form().capacity(), scope.tokens());
    List<Value> top = p.topK(gates, "S", count, "C");
    ValueType slots = ValueType.of(DType.I32, List.of("C"), List.of(count));
    Value number = p.add(p.iota(slots.toString(), "C"), scope.integer(1));
    Value numbers = p.select(scope.isOpen(top.getFirst()), number, scope.integer(0));
    Value tokens = p.oneHot(top.getLast(), "S", scope.tokens(), DType.I32);
    return p.einsum("GCES,GCE->GSE", tokens, numbers);
  }
}
