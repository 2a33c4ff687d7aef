package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import java.util.Optional;
import java.util.function.Predicate;

/** The source of a statement's operand. */
sealed interface OperandSupply permits OperandSupply.Held, OperandSupply.Expanded, DeferredOperand {
  /** The cost of having the operand in a layout; none if every way costs more than the limit. */
  Optional<Cost> cost(Layout wanted, Cost atMost);

  /** A lower bound of the cost of having the operand in a layout. */
  double least(Layout wanted);

  /** Whether the operand exists in some layout. */
  boolean exists(Predicate<Layout> in);

  /** Whether the operand exists in a layout that satisfies a condition. */
  boolean asks(Predicate<Layout> something);

  /** Whether the operand exists in a layout. */
  default boolean exists(Layout layout) {
    return exists(layout::isEquivalent);
  }

  /** A value that exists. */
  record Held(ReshardWays ways, HeldLayouts holding) implements OperandSupply {
    @Override
    public Optional<Cost> cost(Layout wanted, Cost atMost) {
      return ways.cost(holding, wanted, atMost);
    }

    @Override
    public double least(Layout wanted) {
      return ways.least(holding, wanted);
    }

    @Override
    public boolean exists(Predicate<Layout> in) {
      return holding.layouts().stream().anyMatch(in);
    }

    @Override
    public boolean asks(Predicate<Layout> something) {
      return exists(something);
    }
  }

  /** A value that exists, and that can be made again from smaller operands. */
  record Expanded(Held held, Expansion again) implements OperandSupply {
    @Override
    public Optional<Cost> cost(Layout wanted, Cost atMost) {
      Optional<Cost> moved = held.cost(wanted, atMost);
      return moved.filter(Cost.NOTHING::equals).isPresent()
          ? moved
          : again.cost(wanted, moved.orElse(atMost)).or(() -> moved);
    }

    /** Whether making the value again costs less than its reshard. */
    boolean isAgain(Layout wanted) {
      Cost moved = held.cost(wanted, Cost.MOST).orElse(Cost.MOST);
      return again.cost(wanted, moved).filter(made -> made.compareTo(moved) < 0).isPresent();
    }

    @Override
    public double least(Layout wanted) {
      double moved = held.least(wanted);
      return wanted.partial().isEmpty() ? Math.min(moved, again.least(wanted)) : moved;
    }

    @Override
    public boolean exists(Predicate<Layout> in) {
      return held.exists(in);
    }

    @Override
    public boolean asks(Predicate<Layout> something) {
      return held.asks(something);
    }
  }
}
