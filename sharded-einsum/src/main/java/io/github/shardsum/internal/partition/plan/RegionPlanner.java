package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Plans a manual region of a program.
 *
 * @param statement the region
 * @param manual its operation
 */
record RegionPlanner(ProgramPlanner outer, Statement statement, Nested.Manual manual) {
  /**
   * Plans the region. The body is planned on a mesh that has one device along the region's axes, so
   * no layout in the body names these axes. In the layouts of operands and results these axes come
   * first.
   */
  void plan() {
    ReshardWays ways = outer.ways();
    PlanState state = outer.state();
    if (ways.sums().isTree()) {
      throw new PlanException(
          String.format(
              Locale.ROOT,
              "%s: a manual region adds in the order of its collectives, but sums by a %s are"
                  + " requested; remove the region, or the requested order",
              statement.result().name(),
              ways.sums()));
    }
    RegionMesh members = RegionMesh.of(ways.mesh(), manual);
    ProgramPlanner body = outer.body(statement, manual, members);
    body.write(manual.body().outputs().stream().map(body::home).toList());
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < manual.operands().size(); i++) {
      Layout inner = body.home(manual.body().inputs().get(i));
      Layout wanted = members.outside(manual.in().get(i), inner);
      HeldLayouts operand = state.holding(manual.operands().get(i));
      String cause =
          String.format(
              Locale.ROOT,
              "the region of %s reads %s as %s",
              statement.result().name(),
              operand.value().name(),
              PlanState.said(wanted));
      numbers.add(state.bring(manual.operands().get(i), wanted, cause));
    }
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Layout inner = body.home(manual.body().outputs().get(i));
      Layout made = members.outside(manual.out().get(i), inner);
      results.add(PlanState.value(statement.results().get(i), made));
    }
    SpmdPlan plan = members.lifted(body.written());
    state.cost = state.cost.plus(ways.cost(plan));
    Cost products = ways.products(plan);
    state.work = state.work.plus(products).plus(others(body));
    state.products = state.products.plus(products);
    Statement region =
        new Statement(statement.results(), manual.with(body.plannedProgram(), manual.operands()));
    state.statements.add(region);
    int number =
        state.step(new Action.Loop(region, plan), numbers, results, Origin.of("the region"));
    for (int i = 0; i < results.size(); i++) {
      state.hold(statement.results().get(i), results.get(i).layout(), number + i);
    }
  }

  /** Elements that a body's operations other than einsums read and write. */
  private Cost others(ProgramPlanner body) {
    double elements = body.state().work.amount() - body.state().products.amount();
    return new Cost(outer.ways().elements(Math.max(0, elements)), 0);
  }
}
