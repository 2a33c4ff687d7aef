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
final class SumOrderRewrite implements PlanPass {
  @Override
  public SpmdPlan of(SpmdPlan plan) {
    return plan.sums().isTree()
        ? new Writer(PlanEditor.inBodies(plan, loop -> of(loop.body()))).ordered()
        : plan;
  }

  /** Writes one plan. */
  private static final class Writer {
    private final SpmdPlan plan;
    private final PlanEditor editor;

    /** Axes of addends in the order of the sum, by the old number of the value. */
    private final Map<Integer, List<String>> orders = new HashMap<>();

    Writer(SpmdPlan plan) {
      this.plan = plan;
      this.editor = new PlanEditor(plan);
      for (int input = 0; input < plan.inputs().size(); input++) {
        given(input);
      }
    }

    /** Addends that are inputs have no label; they are joined in the order of the mesh's axes. */
    private void given(int input) {
      PlannedValue value = plan.value(input);
      List<String> axes =
          large(plan.mesh().axisNames()).stream()
              .filter(value.layout().partial()::contains)
              .toList();
      if (value.dtype().isFloating() && axes.size() > 1) {
        orders.put(input, axes);
      }
    }

    SpmdPlan ordered() {
      for (int number = 0; number < plan.steps().size(); number++) {
        PlanStep step = plan.steps().get(number);
        List<String> order =
            orders.getOrDefault(
                step.operands().isEmpty() ? -1 : step.operands().getFirst(), List.of());
        switch (step.action()) {
          case Action.AllReduce(var axes, var by) when !order.isEmpty() -> {
            Action reduce = new Action.AllReduce(with(order, axes), by);
            editor.put(number, PlanEditor.withAction(step, reduce));
          }
          case Action.ReduceScatter scatter
              when !order.isEmpty() && !large(scatter.axes()).equals(order) ->
              scatter(number, scatter, order);
          default -> {
            editor.keep(number);
            List<String> made = isMove(step.action()) ? order : made(step);
            if (!made.isEmpty()) {
              orders.put(plan.number(number), made);
            }
          }
        }
      }
      return editor.plan();
    }

    private static boolean isMove(Action action) {
      return switch (action) {
        case Action.Slice _,
            Action.AllGather _,
            Action.AllToAll _,
            Action.CollectivePermute _,
            Action.Exchange _ ->
            true;
        default -> false;
      };
    }

    private void scatter(int number, Action.ReduceScatter scatter, List<String> order) {
      PlanStep step = plan.steps().get(number);
      PlannedValue from = plan.value(step.operands().getFirst());
      PlannedValue to = step.result();
      Term term = new Term(from.layout().term().axes(), to.layout().partial());
      PlannedValue whole =
          new PlannedValue(to.name(), to.dtype(), to.shape(), new Layout(plan.mesh(), term));
      Action reduce = new Action.AllReduce(with(order, scatter.axes()), ReduceKind.SUM);
      List<Integer> addends = editor.numbers(step.operands());
      int sum = editor.add(new PlanStep(reduce, addends, whole, step.origin()));
      Action slice = new Action.Slice(scatter.label(), scatter.axes());
      editor.stand(
          number, editor.add(new PlanStep(slice, List.of(sum), step.results(), step.origin())));
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
}
