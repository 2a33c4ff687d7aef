package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import java.util.stream.IntStream;

/**
 * Drops the statements and reshards whose results no step reads. An {@link Expansion} has no reader
 * if all its readers made it again in their own layouts.
 */
final class UnreadSteps implements PlanPass {
  @Override
  public SpmdPlan of(SpmdPlan plan) {
    SpmdPlan inner = PlanEditor.inBodies(plan, loop -> of(loop.body()));
    boolean[] kept = kept(inner);
    PlanEditor editor = new PlanEditor(inner);
    for (int step = 0; step < kept.length; step++) {
      if (kept[step]) {
        editor.keep(step);
      }
    }
    return editor.plan();
  }

  private static boolean[] kept(SpmdPlan plan) {
    boolean[] read = new boolean[plan.values().size()];
    plan.outputs().forEach(output -> read[output] = true);
    boolean[] kept = new boolean[plan.steps().size()];
    for (int at = kept.length - 1; at >= 0; at--) {
      PlanStep step = plan.steps().get(at);
      int first = plan.number(at);
      kept[at] =
          !mayDrop(step.action())
              || IntStream.range(first, first + step.results().size())
                  .anyMatch(number -> read[number]);
      if (kept[at]) {
        step.operands().forEach(operand -> read[operand] = true);
      }
    }
    return kept;
  }

  private static boolean mayDrop(Action action) {
    return switch (action) {
      case Action.Apply _,
          Action.AllGather _,
          Action.AllReduce _,
          Action.AllToAll _,
          Action.CollectivePermute _,
          Action.Exchange _,
          Action.ReduceScatter _,
          Action.Slice _ ->
          true;
      default -> false;
    };
  }
}
