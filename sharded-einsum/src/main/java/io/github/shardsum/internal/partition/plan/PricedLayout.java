package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import java.util.Optional;
import java.util.function.Function;

/** A layout of an operand or result, if there is one, and a lower bound of its cost. */
final class PricedLayout {
  final Optional<Layout> layout;
  final double weight;

  /** A lower bound of the cost of resharding the value to the layout. */
  final double least;

  private final Function<Cost, Optional<Cost>> price;
  private Optional<Cost> cost = Optional.empty();

  PricedLayout(
      Optional<Layout> layout, double weight, double least, Function<Cost, Optional<Cost>> price) {
    this.layout = layout;
    this.weight = weight;
    this.least = least;
    this.price = price;
  }

  /** There is no such layout. */
  static PricedLayout none() {
    return new PricedLayout(Optional.empty(), 0, 0, _ -> Optional.empty());
  }

  /** The cost; empty if there is no way, or only more expensive ones. */
  Optional<Cost> cost(Cost atMost) {
    if (cost.isEmpty()) {
      cost = price.apply(atMost);
    }
    return cost;
  }
}
