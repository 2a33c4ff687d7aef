package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Rewrites the reductions over several axes of a plan with an order of sums. A reduction combines
 * addends in the order of its axes, so it names them in the order of the summed label, major to
 * minor. A reduce-scatter that deals out its chunks in another order of axes becomes an all-reduce
 * and a slice.
 */
final class SumOrderRewrite {
  private final SpmdPlan plan;

  /** Axes of addends in the order of the sum, by the new number of the value. */
  private final Map<Integer, List<String>> orders = new HashMap<>();

  private final List<PlanStep> steps = new ArrayList<>();
  private final int[] numbers;
  private int next;

  private SumOrderRewrite(SpmdPlan plan) {
    this.plan = plan;
    this.numbers = new int[plan.values().size()];
    this.next = plan.inputs().size();
    for (int input = 0; input < next; input++) {
      numbers[input] = input;
      given(input);
    }
  }

  /** Addends that are inputs have no label; they are joined in the order of the mesh's axes. */
  private void given(int input) {
    PlannedValue value = plan.value(input);
    List<String> axes =
        large(plan.mesh().axisNames()).stream().filter(value.layout().partial()::contains).toList();
    if (value.dtype().isFloating() && axes.size() > 1) {
      orders.put(input, axes);
    }
  }

  /** The rewritten plan; the plan itself if it has no order. */
  static SpmdPlan of(SpmdPlan plan) {
    return plan.sums().isTree() ? new SumOrderRewrite(plan).ordered() : plan;
  }

  private SpmdPlan ordered() {
    for (int number = 0; number < plan.steps().size(); number++) {
      PlanStep step = plan.steps().get(number);
      List<Integer> operands = step.operands().stream().map(value -> numbers[value]).toList();
      List<String> order =
          orders.getOrDefault(operands.isEmpty() ? -1 : operands.getFirst(), List.of());
      switch (step.action()) {
        case Action.AllReduce(var axes, var by) when !order.isEmpty() ->
            add(step, new Action.AllReduce(with(order, axes), by), operands, List.of());
        case Action.ReduceScatter scatter when !order.isEmpty() ->
            scatter(step, scatter, operands, order);
        case Action.Slice _, Action.AllGather _, Action.AllToAll _ ->
            add(step, step.action(), operands, order);
        case Action.CollectivePermute _, Action.Exchange _ ->
            add(step, step.action(), operands, order);
        case Action.Loop loop ->
            add(step, new Action.Loop(loop.statement(), of(loop.body())), operands, List.of());
        default -> add(step, step.action(), operands, made(step));
      }
      for (int i = 0; i < step.results().size(); i++) {
        numbers[plan.number(number) + i] = next - step.results().size() + i;
      }
    }
    List<Integer> outputs = plan.outputs().stream().map(output -> numbers[output]).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs, plan.sums());
  }

  private void scatter(
      PlanStep step, Action.ReduceScatter scatter, List<Integer> operands, List<String> order) {
    if (large(scatter.axes()).equals(order)) {
      add(step, scatter, operands, List.of());
      return;
    }
    PlannedValue from = plan.value(step.operands().getFirst());
    PlannedValue to = step.result();
    Term term = new Term(from.layout().term().axes(), to.layout().partial());
    PlannedValue whole =
        new PlannedValue(to.name(), to.dtype(), to.shape(), new Layout(plan.mesh(), term));
    Action reduce = new Action.AllReduce(with(order, scatter.axes()), ReduceKind.SUM);
    steps.add(new PlanStep(reduce, operands, List.of(whole), step.origin()));
    next++;
    add(step, new Action.Slice(scatter.label(), scatter.axes()), List.of(next - 1), List.of());
  }

  private void add(PlanStep step, Action action, List<Integer> operands, List<String> order) {
    steps.add(new PlanStep(action, operands, step.results(), step.origin()));
    if (!order.isEmpty()) {
      orders.put(next, order);
    }
    next += step.results().size();
  }

  /** The axes of the label over which a step leaves addends; none if there is at most one. */
  private List<String> made(PlanStep step) {
    PlannedValue result = step.results().getFirst();
    List<String> partial = large(result.layout().partial());
    boolean isOrdered = step.action() instanceof Action.Apply && result.dtype().isFloating();
    if (!isOrdered || partial.size() < 2 || step.operands().isEmpty()) {
      return List.of();
    }
    Layout first = plan.value(step.operands().getFirst()).layout();
    for (int dim = 0; dim < first.rank(); dim++) {
      List<String> axes = large(first.axes(dim));
      if (axes.size() == partial.size() && new HashSet<>(axes).containsAll(partial)) {
        return axes;
      }
    }
    return List.of();
  }

  private List<String> large(List<String> axes) {
    return axes.stream().filter(axis -> plan.mesh().size(axis) > 1).toList();
  }

  /** An order, followed by a request's axes of size 1. */
  private static List<String> with(List<String> order, List<String> axes) {
    List<String> all = new ArrayList<>(order);
    axes.stream().filter(axis -> !order.contains(axis)).forEach(all::add);
    return all;
  }
}
