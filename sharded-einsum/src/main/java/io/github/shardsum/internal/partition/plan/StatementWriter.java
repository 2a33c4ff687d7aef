package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes the chosen way to split a statement into a plan.
 *
 * @param ways the prices
 * @param trees delayed einsums, which are written before their readers
 */
record StatementWriter(ReshardWays ways, EinsumTrees trees, PlanState state) {
  /** Writes a choice into the plan, after making and resharding its operands. */
  void write(
      Statement statement,
      StatementPlanner planner,
      StatementCandidate candidate,
      List<OperandSupply> operands,
      Optional<Origin.Alternative> runnerUp) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Layout met = candidate.operands().get(i);
      if (operands.get(i) instanceof DeferredOperand pending && trees.take(pending.value())) {
        write(
            pending.statement(),
            pending.planner(),
            pending.way(met),
            pending.operands(),
            Optional.empty());
      }
      Value operand = statement.operation().operands().get(i);
      String cause =
          String.format(
              Locale.ROOT,
              "%s reads %s as %s",
              statement.result().name(),
              state.holding(operand).value().name(),
              PlanState.said(met));
      numbers.add(state.bring(operand, met, cause));
    }
    Cost work = planner.work(candidate.sharding());
    state.work = state.work.plus(work);
    if (statement.operation() instanceof Contraction.Einsum) {
      state.products = state.products.plus(work);
    }
    state.statements.add(statement);
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      results.add(PlanState.value(statement.results().get(i), candidate.results().get(i)));
    }
    String how =
        planner
            .whole(candidate.sharding())
            .map(why -> candidate.description() + "; " + why)
            .orElse(candidate.description());
    Origin origin = new Origin(how, runnerUp);
    if (candidate.parts().isPresent()) {
      parts(statement, candidate, numbers, results, origin);
      return;
    }
    Action action =
        candidate
            .halo()
            .map(halo -> neighbour(statement, halo))
            .orElseGet(
                () ->
                    statement.operation() instanceof Communication
                        ? new Action.Communicate(statement)
                        : new Action.Apply(statement));
    int number = state.step(action, numbers, results, origin);
    for (int i = 0; i < results.size(); i++) {
      Value result = statement.results().get(i);
      state.hold(result, candidate.results().get(i), number + i);
    }
    if (statement.operation() instanceof Contraction.Reduce(ReduceKind by, _, _)
        && by != ReduceKind.SUM) {
      reduce(statement.result(), candidate.results().getFirst(), number, by);
    }
  }

  private void parts(
      Statement statement,
      StatementCandidate candidate,
      List<Integer> numbers,
      List<PlannedValue> results,
      Origin origin) {
    Action.Partitioned action = new Action.Partitioned(statement, candidate.parts().orElseThrow());
    List<PlannedValue> read = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      read.add(
          PlanState.value(statement.operation().operands().get(i), candidate.operands().get(i)));
    }
    state.cost = state.cost.plus(ways.parts(action, read));
    int number = state.step(action, numbers, results, origin);
    for (int i = 0; i < results.size(); i++) {
      state.hold(statement.results().get(i), candidate.results().get(i), number + i);
    }
  }

  private Action neighbour(Statement statement, Halo halo) {
    state.cost = state.cost.plus(ways.halo(halo, statement.result().type().dtype()));
    return new Action.Neighbour(statement, halo.axes(), halo.exchanged());
  }

  /**
   * A maximum or minimum over devices is completed at once, since no layout describes an incomplete
   * one.
   */
  private void reduce(Value result, Layout natural, int number, ReduceKind by) {
    if (!natural.partial().isEmpty()) {
      state.cost =
          state.cost.plus(ways.reduction(PlanState.value(result, natural), natural.partial(), by));
      Layout done = new Layout(ways.mesh(), new Term(natural.term().axes(), List.of()));
      Origin origin =
          Origin.of(String.format(Locale.ROOT, "%s is a %s over devices", result.name(), by));
      int reduced =
          state.step(
              new Action.AllReduce(natural.partial(), by),
              List.of(number),
              List.of(PlanState.value(result, done)),
              origin);
      state.hold(result, done, reduced);
    }
  }
}
