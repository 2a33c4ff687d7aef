package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;

/**
 * A block with its plans and the times of their steps.
 *
 * @param forward the steps of the forward pass
 * @param steps the steps of forward and backward pass
 * @param plan the plan of both passes
 * @param weights elements of weights that the largest device holds
 * @param held bytes of its other values
 */
record PlannedBlock(
    SimulatedBlock block,
    List<SimulatedStep> forward,
    List<SimulatedStep> steps,
    SpmdPlan plan,
    double weights,
    double held) {
  PlannedBlock {
    forward = List.copyOf(forward);
    steps = List.copyOf(steps);
  }

  /**
   * A step of a pass, and how often the step runs in a training step.
   *
   * @param times runs for one forward and backward pass; may be a fraction
   */
  record Weighted(SimulatedStep step, double times) {}

  /**
   * All steps of a training step of this block: both passes, the repeated part of the forward pass,
   * and the second gather of the weights for the backward pass. Logits are not repeated: their
   * backward pass follows at once.
   *
   * @param rematerialised share of the forward pass
   */
  List<Weighted> all(double rematerialised) {
    double repeated = block.kind() == SimulatedBlock.Kind.LOGITS ? 0 : rematerialised;
    List<Weighted> all = new ArrayList<>();
    steps.forEach(step -> all.add(new Weighted(step, 1 + scoresAgain(step))));
    forward.forEach(step -> all.add(new Weighted(step, step.weights() ? 1 : repeated)));
    return all;
  }

  /**
   * A backward pass of attention computes the scores again, so it has five products instead of the
   * plan's four.
   */
  private double scoresAgain(SimulatedStep step) {
    double products =
        steps.stream()
            .filter(each -> each.term().equals("attention"))
            .mapToDouble(SimulatedStep::seconds)
            .sum();
    double forwards =
        forward.stream()
            .filter(each -> each.term().equals("attention"))
            .mapToDouble(SimulatedStep::seconds)
            .sum();
    return step.term().equals("attention") ? forwards / 2 / products : 0;
  }

  double seconds(Kind kind) {
    return steps.stream()
        .filter(each -> each.kind() == kind)
        .mapToDouble(SimulatedStep::seconds)
        .sum();
  }
}
