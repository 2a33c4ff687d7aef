package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Writes a changed copy of a plan, step by step. The results of each new step take the next
 * numbers, and a reader of an old value reads the value that stands for it. For example, with the
 * input %0:
 *
 * <pre>
 * old                          calls                               new
 * %1 = gather %0               keep(0)                             %1 = gather %0
 * %2 = einsum %0 %1            add(start %1), keep(1)              %2 = start %1, %3 = einsum %0 %1
 * %3 = einsum %2 %1            put(2, windows of the old %2, %0)   %4 = windows %3 %0
 * </pre>
 */
final class PlanEditor {
  private final SpmdPlan plan;

  /** The new number of each old value. */
  private final int[] numbers;

  private final List<PlanStep> steps = new ArrayList<>();
  private int next;

  PlanEditor(SpmdPlan plan) {
    this.plan = plan;
    this.numbers = new int[plan.values().size()];
    this.next = plan.inputs().size();
    Arrays.setAll(numbers, number -> number);
  }

  /** The new numbers of old values. */
  List<Integer> numbers(List<Integer> values) {
    return values.stream().map(value -> numbers[value]).toList();
  }

  /** Keeps an old step; its operands must have been written. */
  void keep(int step) {
    put(step, plan.steps().get(step));
  }

  /** Writes a step that reads old values in the place of an old step; the results correspond. */
  void put(int step, PlanStep by) {
    List<Integer> operands = numbers(by.operands());
    stand(step, add(new PlanStep(by.action(), operands, by.results(), by.origin())));
  }

  /** Writes a step that reads new values, and returns the number of its first result. */
  int add(PlanStep step) {
    steps.add(step);
    int first = next;
    next += step.results().size();
    return first;
  }

  /** Lets new values, from a first one on, stand for the results of an old step. */
  void stand(int step, int first) {
    for (int value = plan.number(step); value < plan.number(step + 1); value++) {
      numbers[value] = first + value - plan.number(step);
    }
  }

  /** The plan that was written; the given plan if no step differs. */
  SpmdPlan plan() {
    return steps.equals(plan.steps())
        ? plan
        : new SpmdPlan(plan.mesh(), plan.inputs(), steps, numbers(plan.outputs()), plan.sums());
  }

  /** A plan with other bodies of loops and regions; the plan itself if all bodies stay. */
  static SpmdPlan inBodies(SpmdPlan plan, Function<Action.Loop, SpmdPlan> body) {
    PlanEditor editor = new PlanEditor(plan);
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      editor.put(
          i,
          step.action() instanceof Action.Loop loop
              ? withAction(step, new Action.Loop(loop.statement(), body.apply(loop)))
              : step);
    }
    return editor.plan();
  }

  /** A step with another action. */
  static PlanStep withAction(PlanStep step, Action action) {
    return new PlanStep(action, step.operands(), step.results(), step.origin());
  }
}
