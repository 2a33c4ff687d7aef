package io.github.shardsum.internal.partition.text;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rounds of a pipeline in which a stage has no microbatch. A loop is part of a pipeline if it
 * moves a carried value by one along a label that is split over devices: what enters at one end has
 * reached the other end after S - 1 rounds. Loops that pass the value on are one pipeline.
 *
 * @param stages the number of stages, S
 * @param axes the axes over which stages are split
 * @param rounds the rounds of all loops so far
 */
record PipelineRounds(long stages, List<String> axes, long rounds) {
  /** The pipelines that end with a step: their value enters no loop that continues them. */
  static List<PipelineRounds> of(SpmdPlan plan, int step) {
    List<PipelineRounds> all = new ArrayList<>();
    if (plan.steps().get(step).action() instanceof Action.Loop loop
        && loop.statement().operation() instanceof Scan scan) {
      for (int place = 0; place < scan.carried().size(); place++) {
        if (!continues(plan, step, place)) {
          through(plan, step, place).ifPresent(all::add);
        }
      }
    }
    return all;
  }

  /** The pipeline's rounds up to a step that carries its value at a place. */
  private static Optional<PipelineRounds> through(SpmdPlan plan, int step, int place) {
    Action.Loop loop = (Action.Loop) plan.steps().get(step).action();
    PlannedValue carried = loop.body().inputs().get(place);
    Scan scan = (Scan) loop.statement().operation();
    Optional<Shift> shift = shift(scan.body(), place);
    if (shift.isEmpty()) {
      return Optional.empty();
    }
    Layout layout = carried.layout();
    List<String> axes = layout.axes(layout.dim(shift.get().label()));
    if (layout.mesh().size(axes) == 1) {
      return Optional.empty();
    }
    long before = 0;
    int operand = plan.steps().get(step).operands().get(place);
    for (int i = 0; i < step; i++) {
      int from = operand - plan.number(i);
      if (isCarried(plan, i, from)) {
        before = through(plan, i, from).map(PipelineRounds::rounds).orElse(0L);
      }
    }
    long stages = carried.shape().size(layout.dim(shift.get().label()));
    return Optional.of(new PipelineRounds(stages, axes, before + scan.count()));
  }

  private static boolean isCarried(SpmdPlan plan, int step, int place) {
    return place >= 0
        && plan.steps().get(step).action() instanceof Action.Loop loop
        && loop.statement().operation() instanceof Scan scan
        && place < scan.carried().size();
  }

  /** Whether a later loop moves the value along too. */
  private static boolean continues(SpmdPlan plan, int step, int place) {
    int number = plan.number(step) + place;
    for (int i = step + 1; i < plan.steps().size(); i++) {
      int at = plan.steps().get(i).operands().indexOf(number);
      if (isCarried(plan, i, at) && through(plan, i, at).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Shift> shift(Program body, int place) {
    Value input = body.inputs().get(place);
    Value output = body.outputs().get(place);
    for (Statement statement : body.statements()) {
      if (statement.operation() instanceof Shift shift
          && Math.abs(shift.by()) == 1
          && (shift.x().equals(input) || statement.result().equals(output))) {
        return Optional.of(shift);
      }
    }
    return Optional.empty();
  }

  /** The rounds in which a stage has no microbatch. */
  long bubble() {
    return Math.min(stages - 1, rounds);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "bubble: %d of %d rounds (%.0f %%), in which a stage of the %d over %s has no microbatch",
        bubble(),
        rounds,
        100.0 * bubble() / rounds,
        stages,
        String.join(".", axes));
  }
}
