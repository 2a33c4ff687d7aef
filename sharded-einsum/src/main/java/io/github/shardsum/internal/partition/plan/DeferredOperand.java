package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.ReshardSources;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * An operand that only an einsum reads and that is planned together with this reader: the cheapest
 * way to each of its layouts is kept, and the reader chooses among all of them.
 */
final class DeferredOperand implements OperandSupply {
  private final Statement statement;
  private final List<OperandSupply> operands;
  private final StatementPlanner planner;
  private final Map<Layout, StatementCandidate> ways;
  private final ReshardSources sources;
  private final double least;

  DeferredOperand(
      ReshardWays reshards,
      Statement statement,
      List<OperandSupply> operands,
      StatementPlanner by) {
    this.statement = statement;
    this.operands = operands;
    this.planner = by;
    this.ways = by.realizations();
    Map<Layout, Cost> costs = new LinkedHashMap<>();
    ways.forEach((layout, way) -> costs.put(layout, way.weighed()));
    this.least = costs.values().stream().mapToDouble(Cost::amount).min().orElse(0);
    this.sources = reshards.sources(statement.result(), costs);
  }

  Statement statement() {
    return statement;
  }

  Value value() {
    return statement.result();
  }

  List<OperandSupply> operands() {
    return operands;
  }

  StatementPlanner planner() {
    return planner;
  }

  /** The way to make the value for a reader that needs the layout. */
  StatementCandidate way(Layout wanted) {
    Layout made = sources.source(wanted).orElseThrow();
    return Objects.requireNonNull(ways.get(made), "way");
  }

  @Override
  public Optional<Cost> cost(Layout wanted, Cost atMost) {
    return sources.cost(wanted, atMost);
  }

  @Override
  public double least(Layout wanted) {
    return least;
  }

  @Override
  public boolean exists(Predicate<Layout> in) {
    return ways.keySet().stream().anyMatch(in);
  }

  @Override
  public boolean asks(Predicate<Layout> something) {
    return false;
  }
}
