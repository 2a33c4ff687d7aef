package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Plans a loop of a program.
 *
 * @param statement the loop
 * @param scan its operation
 */
record LoopPlanner(ProgramPlanner outer, Statement statement, Nested.Scan scan) {
  /**
   * Plans the loop. Carried values have the layout of the body's input in every round; the loop's
   * own label is whole. Invariants are resharded before the loop, not in each round, to a layout in
   * which the body reads them.
   */
  void plan() {
    PlanState state = outer.state();
    ProgramPlanner body = hoisted();
    List<Value> bodyInputs = scan.body().inputs();
    List<Integer> numbers = new ArrayList<>();
    int carried = scan.carried().size();
    for (int i = 0; i < bodyInputs.size(); i++) {
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      Layout home = body.home(bodyInputs.get(i));
      Layout wanted = isSequence ? stacked(home) : home;
      HeldLayouts operand = state.holding(scan.operands().get(i));
      numbers.add(
          state.bring(
              scan.operands().get(i),
              wanted,
              String.format(
                  Locale.ROOT,
                  "the loop of %s reads %s as %s",
                  statement.result().name(),
                  operand.value().name(),
                  PlanState.said(wanted))));
    }
    List<Layout> made = body.madeIn(scan);
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Layout output = made.get(i);
      results.add(
          PlanState.value(statement.results().get(i), i < carried ? output : stacked(output)));
    }
    SpmdPlan plan = body.written();
    state.cost = state.cost.plus(body.state().cost.times(scan.count()));
    state.work = state.work.plus(body.state().work.times(scan.count()));
    state.products = state.products.plus(body.state().products.times(scan.count()));
    Statement loop = new Statement(statement.results(), scan.with(body.plannedProgram()));
    state.statements.add(loop);
    int number = state.step(new Action.Loop(loop, plan), numbers, results, Origin.of("the loop"));
    for (int i = 0; i < results.size(); i++) {
      Value result = statement.results().get(i);
      state.hold(result, results.get(i).layout(), number + i);
    }
  }

  /**
   * The body's plan. Each invariant without a layout in its type enters in one of the layouts in
   * which the body reads it: the layout for which all rounds together cost least.
   */
  private ProgramPlanner hoisted() {
    Map<Value, Layout> given = new HashMap<>();
    ProgramPlanner best = outer.body(statement, scan, given);
    if (scan.count() <= 1 || outer.isDemanded() || !outer.ways().policy().hoists()) {
      return best;
    }
    for (int i = firstInvariant(); i < scan.operands().size(); i++) {
      Value invariant = scan.body().inputs().get(i);
      Term labels = invariant.type().labels();
      if (!labels.equals(labels.withoutLayout())) {
        continue;
      }
      for (Layout read : List.copyOf(best.state().holding(invariant).layouts())) {
        Map<Value, Layout> other = new HashMap<>(given);
        other.put(invariant, read);
        ProgramPlanner body = outer.body(statement, scan, other);
        if (rounds(body).compareTo(rounds(best)) < 0) {
          best = body;
          given = other;
        }
      }
    }
    return best;
  }

  private int firstInvariant() {
    return scan.carried().size() + scan.sequences().size();
  }

  /** The cost of all rounds, with the reshards of invariants before them. */
  private Cost rounds(ProgramPlanner body) {
    ReshardWays ways = outer.ways();
    Cost all = body.state().cost.plus(body.state().work).times(scan.count());
    for (int i = firstInvariant(); i < scan.operands().size(); i++) {
      Layout given = body.home(scan.body().inputs().get(i));
      Value operand = scan.operands().get(i);
      Optional<Cost> brought = outer.state().supply(operand).cost(given, Cost.MOST);
      HeldLayouts held = outer.state().holding(operand);
      all = all.plus(brought.orElseThrow(() -> ways.none(held, given)));
    }
    return all;
  }

  private Layout stacked(Layout one) {
    List<Axis> axes = new ArrayList<>();
    axes.add(Axis.of(scan.label()));
    axes.addAll(one.term().axes());
    return new Layout(outer.ways().mesh(), new Term(axes, List.of()));
  }
}
