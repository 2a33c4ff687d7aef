package io.github.shardsum.moe;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/** The slots of choices in plain operations: running sums of what was asked of each expert. */
final class SlotProgram {
  private final RoutingScope scope;
  private final ProgramBuilder p;

  SlotProgram(RoutingScope scope) {
    this.scope = scope;
    this.p = scope.p();
  }

  /**
   * Of each choice the number of choices of the same expert that are given a slot before it.
   *
   * @param asked {@code [G, S, K, E]} of i32: 1 where the choice is of the expert
   * @param load {@code [G, S, K, E]} of i32: 1 where it asks for a slot too
   * @param gates {@code [G, S, K]}: gates of the choices
   * @return {@code [G, S, K]} of i32
   */
  Value slots(Value asked, Value load, Value gates) {
    // Without tokens all orders are one, and only the number of choices can be split off again.
    SlotOrder order =
        scope.tokens() == 0 ? SlotOrder.CHOICE_MAJOR : scope.form().options().slotOrder();
    return switch (order) {
      case CHOICE_MAJOR -> choiceMajor(p.einsum("GSKE->GKSE", load), asked);
      case TOKEN_MAJOR -> {
        Value queue = p.exclusiveSum(p.merge(load, "P", "S", "K"), "P");
        yield p.einsum("GSKE,GSKE->GSK", p.split(queue, "P", "S", scope.tokens(), "K"), asked);
      }
      case BATCH_PRIORITIZED -> {
        Value first = p.sum(p.slice(gates, "K", 0, 1), "K");
        Value ranking = p.topK(first, "S", scope.tokens(), "R").getLast();
        Value ranked = p.oneHot(ranking, "S", scope.tokens(), DType.I32);
        Value sorted = p.einsum("GRS,GSKE->GKRE", ranked, load);
        Value slots = choiceMajor(sorted, p.einsum("GRS,GSKE->GRKE", ranked, asked));
        yield p.einsum("GRS,GRK->GSK", ranked, p.rename(slots, "S", "R"));
      }
    };
  }

  /** All first choices before all second ones. */
  private Value choiceMajor(Value load, Value asked) {
    String tokens = load.type().names().get(2);
    Value queue = p.exclusiveSum(p.merge(load, "P", "K", tokens), "P");
    Value before = p.split(queue, "P", "K", scope.form().options().router().choices(), tokens);
    return p.einsum("GKSE,GSKE->GSK", before, asked);
  }
}
