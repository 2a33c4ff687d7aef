package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Reshards.Stage;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The planned part of a program: its statements and steps, the layouts in which its values exist,
 * and the cost. A planner goes back to a copy after it has tried something.
 */
final class PlanState {
  private final ReshardWays ways;
  private final Map<Value, HeldLayouts> holdings = new HashMap<>();

  /** The statements of values that may be made again. */
  private final Map<Value, Statement> expansions = new HashMap<>();

  /** The statements that are planned: the program's, except those in chunks. */
  final List<Statement> statements = new ArrayList<>();

  final List<PlanStep> steps = new ArrayList<>();
  private int values;

  /** Cost of communication between devices. */
  Cost cost = Cost.NOTHING;

  /** Cost of computation on devices. */
  Cost work = Cost.NOTHING;

  /** The part of the computation that the price of a plan counts: multiply-adds of einsums. */
  Cost products = Cost.NOTHING;

  PlanState(ReshardWays ways) {
    this.ways = ways;
  }

  PlanState copy() {
    PlanState copy = new PlanState(ways);
    holdings.forEach((value, holding) -> copy.holdings.put(value, holding.copy()));
    copy.expansions.putAll(expansions);
    copy.statements.addAll(statements);
    copy.steps.addAll(steps);
    copy.values = values;
    copy.cost = cost;
    copy.work = work;
    copy.products = products;
    return copy;
  }

  /** The text of a layout for a sentence; the notation of a scalar's layout may be empty. */
  static String said(Layout layout) {
    String text = layout.toString();
    return text.isEmpty() ? "whole" : text;
  }

  /** A value as plans have it: partial sums may be stored in another dtype. */
  static PlannedValue value(Value value, Layout layout) {
    DType dtype = layout.stored(value.type().dtype());
    return new PlannedValue(value.name(), dtype, value.type().shape(), layout);
  }

  HeldLayouts holding(Value value) {
    return Objects.requireNonNull(holdings.get(value), value.name());
  }

  /** Records that a value exists in one layout only. */
  void hold(Value value, Layout layout, int number) {
    holdings.put(value, new HeldLayouts(value, layout, number));
  }

  /** Makes a value exist as another value in one of its layouts. */
  void holdAs(Value value, HeldLayouts other, Layout layout, int number) {
    holdings.put(value, other.only(layout, number));
  }

  /** Allows that the result of a statement is made again, if it is an expansion. */
  void mayRepeat(Statement statement) {
    if (Expansion.isOne(statement, expansions::containsKey)) {
      expansions.put(statement.result(), statement);
    }
  }

  /** The source of a value that exists. */
  OperandSupply supply(Value value) {
    OperandSupply.Held held = new OperandSupply.Held(ways, holding(value));
    Statement by = expansions.get(value);
    return by == null
        ? held
        : new OperandSupply.Expanded(
            held,
            new Expansion(ways, by, by.operation().operands().stream().map(this::supply).toList()));
  }

  /** An input of the program. */
  void input(Value input, Layout layout) {
    hold(input, layout, values++);
  }

  /** Adds a step, and returns the number of its first result. */
  int step(Action action, List<Integer> operands, List<PlannedValue> results, Origin origin) {
    steps.add(new PlanStep(action, operands, results, origin));
    int first = values;
    values += results.size();
    return first;
  }

  /**
   * The number of a value in a layout; the value is resharded, or made again, if it does not exist
   * in it.
   */
  int bring(Value value, Layout wanted, String cause) {
    return supply(value) instanceof OperandSupply.Expanded expanded && expanded.isAgain(wanted)
        ? again(expanded.again(), wanted, cause)
        : bring(holding(value), wanted, cause);
  }

  private int again(Expansion expansion, Layout wanted, String cause) {
    Statement statement = expansion.statement();
    List<Layout> layouts = expansion.operands(wanted);
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < layouts.size(); i++) {
      numbers.add(bring(statement.operation().operands().get(i), layouts.get(i), cause));
    }
    PlannedValue result = value(statement.result(), wanted);
    int at = step(new Action.Apply(statement), numbers, List.of(result), Origin.of(cause));
    holding(statement.result()).add(wanted, at);
    work = work.plus(expansion.work(wanted));
    if (statement.operation() instanceof Contraction.Einsum) {
      products = products.plus(expansion.work(wanted));
    }
    return at;
  }

  /** The number of a value in a layout; the value is resharded if it does not exist in it. */
  int bring(HeldLayouts value, Layout wanted, String cause) {
    ReshardWays.From from = ways.from(value, wanted).orElseThrow(() -> ways.none(value, wanted));
    int at = value.number(from.place());
    for (Stage stage : from.way().stages()) {
      PlannedValue result = value(value.value(), stage.after());
      at = step(stage.action(), List.of(at), List.of(result), Origin.of(cause));
      value.add(stage.after(), at);
    }
    cost = cost.plus(from.way().cost());
    return at;
  }
}
