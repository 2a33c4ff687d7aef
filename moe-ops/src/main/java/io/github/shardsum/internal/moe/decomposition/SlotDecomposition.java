package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/** The slots of choices in plain operations: running sums of the choices of each expert. */
final class SlotDecomposition {
  private final RouteDecomposition route;
  private final ProgramBuilder p;

  SlotDecomposition(RouteDecomposition route) {
    this.route = route;
    this.p = route.builder();
  }

  /**
   * For each choice, the number of choices of the same expert that get a slot before it.
   *
   * @param asked {@code [G, S, K, E]} of i32: 1 where the choice is of the expert
   * @param load {@code [G, S, K, E]} of i32: 1 where the choice also asks for a slot
   * @param gates {@code [G, S, K]}: gates of the choices
   * @return {@code [G, S, K]} of i32
   */
  Value slots(Value asked, Value load, Value gates) {
    // Without tokens all orders are equal. Only the choice-major order can split its joined
    // label again.
    SlotOrder order = route.tokens() == 0 ? SlotOrder.CHOICE_MAJOR : route.options().slotOrder();
    return switch (order) {
      case CHOICE_MAJOR -> choiceMajor(p.einsum("GSKE->GKSE", load), asked);
      case TOKEN_MAJOR -> {
        Value queue = p.exclusiveSum(p.merge(load, "P", "S", "K"), "P");
        yield p.einsum("GSKE,GSKE->GSK", p.split(queue, "P", "S", route.tokens(), "K"), asked);
      }
      case BATCH_PRIORITIZED -> {
        Value first = p.sum(p.slice(gates, "K", 0, 1), "K");
        Value ranking = p.topK(first, "S", route.tokens(), "R").getLast();
        Value ranked = p.oneHot(ranking, "S", route.tokens(), DType.I32);
        Value sorted = p.einsum("GRS,GSKE->GKRE", ranked, load);
        Value slots = choiceMajor(sorted, p.einsum("GRS,GSKE->GRKE", ranked, asked));
        yield p.einsum("GRS,GRK->GSK", ranked, p.rename(slots, "S", "R"));
      }
      case GATE -> {
        long choices = route.tokens() * route.options().router().choices();
        Value ranking = p.topK(p.merge(gates, "P", "S", "K"), "P", choices, "R").getLast();
        Value ranked = p.oneHot(ranking, "P", choices, DType.I32);
        Value queue =
            p.exclusiveSum(p.einsum("GRP,GPE->GRE", ranked, p.merge(load, "P", "S", "K")), "R");
        Value before = p.einsum("GRP,GRE->GPE", ranked, queue);
        Value slots = p.einsum("GPE,GPE->GP", before, p.merge(asked, "P", "S", "K"));
        yield p.split(slots, "P", "S", route.tokens(), "K");
      }
    };
  }

  /** All first choices before all second ones. */
  private Value choiceMajor(Value load, Value asked) {
    String tokens = load.type().names().get(2);
    Value queue = p.exclusiveSum(p.merge(load, "P", "K", tokens), "P");
    Value before = p.split(queue, "P", "K", route.options().router().choices(), tokens);
    return p.einsum("GKSE,GSKE->GSK", before, asked);
  }
}
