package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Drops the statements and reshards whose results no step reads. An {@link Expansion} has no reader
 * if all its readers made it again in their own layouts.
 */
final class UnreadSteps {
  private UnreadSteps() {}

  /** The plan without them; the plan itself if all are read. */
  static SpmdPlan dropped(SpmdPlan plan) {
    List<PlanStep> inner = plan.steps().stream().map(UnreadSteps::inside).toList();
    boolean[] kept = kept(plan);
    int[] numbers = new int[plan.values().size()];
    Arrays.setAll(numbers, number -> number);
    List<PlanStep> steps = new ArrayList<>();
    int next = plan.inputs().size();
    for (int at = 0; at < kept.length; at++) {
      PlanStep step = inner.get(at);
      if (kept[at]) {
        List<Integer> operands = step.operands().stream().map(number -> numbers[number]).toList();
        steps.add(new PlanStep(step.action(), operands, step.results(), step.origin()));
        for (int i = 0; i < step.results().size(); i++) {
          numbers[plan.number(at) + i] = next++;
        }
      }
    }
    List<Integer> outputs = plan.outputs().stream().map(number -> numbers[number]).toList();
    return steps.equals(plan.steps())
        ? plan
        : new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs, plan.sums());
  }

  private static PlanStep inside(PlanStep step) {
    return step.action() instanceof Action.Loop loop
        ? new PlanStep(
            new Action.Loop(loop.statement(), dropped(loop.body())),
            step.operands(),
            step.results(),
            step.origin())
        : step;
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
