package io.github.shardsum.moe;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;

/** Tokens that choose their experts, in plain operations. */
final class TokenChoiceProgram {
  private final RoutingScope scope;
  private final ProgramBuilder p;
  private final GatingOptions options;

  TokenChoiceProgram(RoutingScope scope) {
    this.scope = scope;
    this.p = scope.p();
    this.options = scope.form().options();
  }

  /** The experts that tokens choose, and their gates, {@code [G, S, K]}. */
  private record Choices(Value experts, Value gates) {}

  RoutingProgram.Placed place(Value gates) {
    Choices choices = choose(gates);
    Value zero = scope.number(0);
    // Of padding all gates are 0.
    Value open = p.let("open", scope.isOpen(choices.gates()));
    Value chosen = p.select(open, choices.gates(), zero);
    Value before = scope.normalized(chosen, Normalization.BEFORE_DROPPING, chosen);
    Value wanted = p.let("wanted", p.binary(BinaryKind.AND, open, wanted(before)));
    Value asks = keepsRejected() ? open : wanted;
    Value asked = p.oneHot(choices.experts(), "E", scope.experts(), DType.I32);
    Value load = p.multiply(asked, p.convert(asks, DType.I32));
    Value slot = p.let("slot", new SlotProgram(scope).slots(asked, load, chosen));
    Value room = p.compare(Comparison.LT, slot, scope.integer(scope.form().capacity()));
    Value placed = p.let("placed", p.binary(BinaryKind.AND, wanted, room));
    Value after =
        scope.normalized(before, Normalization.AFTER_DROPPING, p.select(placed, chosen, zero));
    Value weights = p.convert(p.select(placed, after, zero), scope.dtype());
    Value flat = p.add(p.multiply(choices.experts(), scope.integer(scope.form().capacity())), slot);
    Value sent = p.compare(Comparison.NE, weights, p.constant(scope.dtype(), 0));
    Value positions = p.select(sent, flat, scope.integer(-1));
    return new RoutingProgram.Placed(weights, positions, counts(asked, open, load));
  }

  private Choices choose(Value gates) {
    List<Value> top = p.topK(gates, "E", options.router().choices(), "K");
    Value chosen = top.getFirst();
    Value experts = top.getLast();
    if (!(options.secondChoice() instanceof SecondChoice.Sample)) {
      return new Choices(experts, chosen);
    }
    Value first = p.sum(p.slice(experts, "K", 0, 1), "K");
    Value second = new SampledChoiceProgram(scope).second(gates, first, uniform());
    Value isSecond = p.oneHot(second, "E", scope.experts(), DType.BOOL);
    Value gate = p.sum(p.select(isSecond, gates, scope.number(0)), "E");
    return new Choices(withSecond(experts, second), withSecond(chosen, gate));
  }

  private Value withSecond(Value choices, Value second) {
    Value last = p.einsum(Equation.parse("GS->GSK"), List.of(second), Map.of("K", 1L));
    return p.concatenate("K", p.slice(choices, "K", 0, 1), last);
  }

  private Value all() {
    return p.constant(scope.type(DType.BOOL, "G", "S", "K"), 1);
  }

  private Value isSecond() {
    return p.compare(
        Comparison.EQ, p.iota(scope.type(DType.I32, "K").toString(), "K"), scope.integer(1));
  }

  /** Which choices are to be sent: all first ones, and second ones as the policy says. */
  private Value wanted(Value gates) {
    return switch (options.secondChoice()) {
      case SecondChoice.All _, SecondChoice.Sample _ -> all();
      case SecondChoice.None _ ->
          p.binary(BinaryKind.AND, all(), p.unary(UnaryKind.NOT, isSecond()));
      case SecondChoice.Threshold(double threshold) ->
          firstOr(p.compare(Comparison.GT, gates, scope.number(threshold)));
      case SecondChoice.Random(double threshold) -> {
        Value limit = p.divide(gates, scope.number(threshold));
        yield firstOr(p.compare(Comparison.GT, limit, uniform()));
      }
    };
  }

  /** Given numbers, or those of a generator keyed by the token's index. */
  private Value uniform() {
    return scope
        .uniform()
        .orElseGet(
            () ->
                p.random(
                    seed(scope.form().seed()),
                    scope.form().stream(),
                    scope.type(DType.F64, "G", "S").toString()));
  }

  /** A seed need not be a double's. */
  private Value seed(long seed) {
    return p.add(
            new io.github.shardsum.program.Source.Constant(
                io.github.shardsum.program.ValueType.scalar(DType.I64),
                new io.github.shardsum.program.Scalar.Whole(seed)))
        .getFirst();
  }

  private Value firstOr(Value accepted) {
    return p.binary(BinaryKind.OR, accepted, p.unary(UnaryKind.NOT, isSecond()));
  }

  private boolean keepsRejected() {
    return options.rejectedKeepsSlot() && !(options.secondChoice() instanceof SecondChoice.None);
  }

  /** Of each expert the choices that the loss counts, {@code [G, E]}. */
  private Value counts(Value asked, Value open, Value load) {
    return switch (options.auxLoss().choices()) {
      case FIRST -> {
        Value first = p.convert(p.slice(open, "K", 0, 1), DType.I32);
        yield p.sum(p.multiply(p.slice(asked, "K", 0, 1), first), "K", "S");
      }
      case ALL, ALL_OVER_K -> p.sum(load, "K", "S");
    };
  }
}
