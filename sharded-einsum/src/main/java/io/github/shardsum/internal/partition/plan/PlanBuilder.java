package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.partition.plan.EinsumPlanner.Realization;
import io.github.shardsum.internal.reshard.Reshards.Stage;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Writes the steps of a chosen realization down. */
final class PlanBuilder {
  private final EinsumPlanner planner;
  private final List<PlannedValue> inputs = new ArrayList<>();
  private final List<PlanStep> steps = new ArrayList<>();
  private final Optional<Origin.Alternative> runnerUp;

  PlanBuilder(EinsumPlanner planner, List<Layout> layouts, Optional<Origin.Alternative> runnerUp) {
    this.planner = planner;
    this.runnerUp = runnerUp;
    for (Contraction operand : planner.operands()) {
      Layout layout = layouts.get(operand.operand());
      inputs.add(value(Integer.toString(operand.operand()), operand, layout));
    }
  }

  private PlannedValue value(String name, Contraction of, Layout layout) {
    return new PlannedValue(name, planner.stored(layout), planner.shape(of), layout);
  }

  SpmdPlan build(Contraction root, Realization chosen, Layout home) {
    int natural = compute("result", root, chosen);
    int result =
        reshard("result", root, natural, chosen.natural(), home, "the result must be " + home);
    return new SpmdPlan(planner.mesh(), inputs, steps, List.of(result));
  }

  private int compute(String name, Contraction einsum, Realization chosen) {
    if (einsum.isOperand()) {
      return einsum.operand();
    }
    List<Integer> operands = new ArrayList<>();
    for (int i = 0; i < einsum.parts().size(); i++) {
      Contraction part = einsum.parts().get(i);
      Realization source = chosen.sources().get(i);
      int made = compute("", part, source);
      String called = part.isOperand() ? Integer.toString(part.operand()) : stepName(made);
      Layout wanted = chosen.operands().get(i);
      String cause = String.format(Locale.ROOT, "operand %s is met as %s", called, wanted);
      operands.add(reshard(called, part, made, source.natural(), wanted, cause));
    }
    String called = name.isEmpty() ? "step:" + steps.size() : name;
    Origin origin = new Origin(chosen.sharding().toString(), runnerUp);
    PlannedValue result = value(called, einsum, chosen.natural());
    steps.add(new PlanStep(new Action.Contract(einsum.equation()), operands, result, origin));
    return inputs.size() + steps.size() - 1;
  }

  private String stepName(int value) {
    return "step:" + (value - inputs.size());
  }

  private int reshard(
      String name, Contraction of, int value, Layout from, Layout to, String cause) {
    Way way =
        planner
            .way(of, from, to)
            .orElseThrow(
                () -> new IllegalStateException("reshard: expected a way that was priced"));
    int at = value;
    for (Stage stage : way.stages()) {
      steps.add(
          new PlanStep(
              stage.action(), List.of(at), value(name, of, stage.after()), Origin.of(cause)));
      at = inputs.size() + steps.size() - 1;
    }
    return at;
  }
}
