package io.github.shardsum.moe;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;

/** Algorithm 1 of the GShard paper in plain operations: what the gating composite means. */
final class GatingProgram {
  private final GatingForm form;
  private final ValueType type;
  private final DType dispatch;
  private final ProgramBuilder p = Program.builder("gating");
  private final long groups;
  private final long tokens;
  private final long experts;

  private GatingProgram(GatingForm form, ValueType logits, DType dispatch) {
    this.form = form;
    this.type = logits;
    this.dispatch = dispatch;
    this.groups = logits.size("G");
    this.tokens = logits.size("S");
    this.experts = logits.size("E");
  }

  /**
   * The decomposition.
   *
   * @param logits type of the logits, {@code [G, S, E]}
   * @param dispatch dtype of the mask
   * @return of logits: combine weights and mask {@code [G, S, E, C]}, loss {@code [G]} of f64
   */
  static Program of(GatingForm form, ValueType logits, DType dispatch) {
    return new GatingProgram(form, logits, dispatch).program();
  }

  private Program program() {
    Value logits = p.input("logits", type);
    Value gates = p.let("gates", p.softmax(p.convert(logits, DType.F64), "E"));
    List<Value> top = p.topK(gates, "E", form.choices(), "K");
    Value chosen = p.let("chosen", top.getFirst());
    Value experts = p.let("experts", top.getLast());
    Value before = normalized(chosen, Normalization.BEFORE_DROPPING, chosen);
    Value wanted = p.let("wanted", wanted(before));
    Value asked = p.let("asked", p.oneHot(experts, "E", this.experts, DType.I32));
    Value load = p.multiply(asked, p.convert(asks(wanted), DType.I32));
    Value position = p.let("position", position(asked, load));
    Value room = p.compare(Comparison.LT, position, p.constant(DType.I32, form.capacity()));
    Value placed = p.let("placed", p.binary(BinaryKind.AND, wanted, room));
    Value zero = p.constant(DType.F64, 0);
    Value after = normalized(before, Normalization.AFTER_DROPPING, p.select(placed, chosen, zero));
    Value weight = p.convert(p.select(placed, after, zero), type.dtype());
    combine(p.let("weight", weight), experts, position);
    p.output("aux_loss", auxLoss(gates, asked, load));
    return p.build();
  }

  /** Gates over the sum of some of them, where the options want it at this time. */
  private Value normalized(Value gates, Normalization now, Value summed) {
    if (form.options().normalization() != now) {
      return gates;
    }
    Value sum = p.sum(summed, "K");
    Value padded = p.add(sum, p.constant(DType.F64, form.options().normalizationEpsilon()));
    Value zero = p.constant(DType.F64, 0);
    Value some = p.compare(Comparison.NE, padded, zero);
    Value divisor = p.select(some, padded, p.constant(DType.F64, 1));
    return p.select(some, p.divide(gates, divisor), zero);
  }

  private Value isSecond() {
    ValueType slots = ValueType.of(DType.I32, List.of("K"), List.of((long) form.choices()));
    return p.compare(Comparison.EQ, p.iota(slots.toString(), "K"), p.constant(DType.I32, 1));
  }

  private Value all() {
    List<Long> sizes = List.of(groups, tokens, (long) form.choices());
    return p.constant(ValueType.of(DType.BOOL, List.of("G", "S", "K"), sizes), 1);
  }

  /** Which choices are to be sent: all first ones, and second ones as the policy says. */
  private Value wanted(Value gates) {
    return switch (form.options().secondChoice()) {
      case SecondChoice.All _, SecondChoice.Sample _ -> all();
      case SecondChoice.None _ ->
          p.binary(BinaryKind.AND, all(), p.unary(UnaryKind.NOT, isSecond()));
      case SecondChoice.Threshold(double threshold) ->
          firstOr(p.compare(Comparison.GT, gates, p.constant(DType.F64, threshold)));
      case SecondChoice.Random(double threshold) -> {
        Value seed = p.constant(DType.I64, 0);
        ValueType each = ValueType.of(DType.F64, List.of("G", "S"), List.of(groups, tokens));
        Value key = form.seed() == 0 ? seed : seed(form.seed());
        Value uniform = p.let("uniform", p.random(key, form.stream(), each.toString()));
        Value limit = p.divide(gates, p.constant(DType.F64, threshold));
        yield firstOr(p.compare(Comparison.LT, uniform, limit));
      }
    };
  }

  /** A seed need not be a double's. */
  private Value seed(long seed) {
    return p.add(
            new io.github.shardsum.program.Source.Constant(
                ValueType.scalar(DType.I64), new io.github.shardsum.program.Scalar.Whole(seed)))
        .getFirst();
  }

  private Value firstOr(Value accepted) {
    return p.binary(BinaryKind.OR, p.unary(UnaryKind.NOT, isSecond()), accepted);
  }

  private Value asks(Value wanted) {
    boolean never = form.options().secondChoice() instanceof SecondChoice.None;
    return form.options().rejectedKeepsSlot() && !never ? all() : wanted;
  }

  /** Of each choice the number of choices of the same expert that come before it. */
  private Value position(Value asked, Value load) {
    // Without tokens both orders are one, and only the number of choices can be split off again.
    boolean choiceMajor = form.options().slotOrder() == SlotOrder.CHOICE_MAJOR || tokens == 0;
    Value ordered = choiceMajor ? p.einsum("GSKE->GKSE", load) : load;
    String outer = choiceMajor ? "K" : "S";
    String inner = choiceMajor ? "S" : "K";
    long size = choiceMajor ? form.choices() : tokens;
    Value queue = p.exclusiveSum(p.merge(ordered, "P", outer, inner), "P");
    Value split = p.split(queue, "P", outer, size, inner);
    return p.einsum(choiceMajor ? "GKSE,GSKE->GSK" : "GSKE,GSKE->GSK", split, asked);
  }

  private void combine(Value weight, Value experts, Value position) {
    Value expert = p.oneHot(experts, "E", this.experts, type.dtype());
    Value slot = p.oneHot(position, "C", form.capacity(), type.dtype());
    Value combine =
        p.einsum(Equation.parse("GSK,GSKE,GSKC->GSEC"), List.of(weight, expert, slot), Map.of());
    p.output("combine_weights", combine);
    Value zero = p.constant(type.dtype(), 0);
    p.output("dispatch_mask", p.convert(p.compare(Comparison.NE, combine, zero), dispatch));
  }

  private Value auxLoss(Value gates, Value asked, Value load) {
    AuxLoss loss = form.options().auxLoss();
    Value first = p.sum(p.slice(asked, "K", 0, 1), "K", "S");
    Value counts =
        switch (loss.choices()) {
          case FIRST -> first;
          case ALL, ALL_OVER_K -> p.sum(load, "K", "S");
        };
    double over = loss.choices() == AuxLoss.Choices.ALL_OVER_K ? form.choices() : 1;
    double scale =
        switch (loss.scale()) {
          case MEAN -> 1.0 / experts;
          case SQUARED_EXPERTS -> experts;
        };
    Value size = p.constant(DType.F64, Math.max(1, tokens));
    Value share = p.divide(p.convert(counts, DType.F64), p.constant(DType.F64, over));
    Value mean = p.divide(p.sum(gates, "S"), size);
    return p.scale(scale, p.einsum("GE,GE->G", p.divide(share, size), mean));
  }
}
