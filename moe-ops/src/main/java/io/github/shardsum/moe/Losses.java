package io.github.shardsum.moe;

import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The losses of routed groups.
 *
 * @param meanGates {@code [G, E]}
 * @param auxLoss {@code [G]}
 * @param zLoss absent where there are no logits
 */
record Losses(Tensor meanGates, Tensor auxLoss, OptionalDouble zLoss) {

  static Losses of(RoutingCall call, List<GroupRouting> groups) {
    double[] means = new double[call.groups() * call.experts()];
    double[] losses = new double[call.groups()];
    for (int group = 0; group < call.groups(); group++) {
      GroupRouting routing = groups.get(group);
      double divisor = routing.divisor(call.options().auxLoss().mean());
      for (int expert = 0; expert < call.experts(); expert++) {
        means[group * call.experts() + expert] =
            divisor == 0 ? 0 : routing.gateSums()[expert] / divisor;
      }
      losses[group] = GroupRouter.auxLoss(routing);
    }
    return new Losses(
        Tensor.of(means, call.groups(), call.experts()),
        Tensor.of(losses, call.groups()),
        zLoss(call, groups));
  }

  private static OptionalDouble zLoss(RoutingCall call, List<GroupRouting> groups) {
    if (call.input().kind() == GatingInput.Kind.GATES) {
      return OptionalDouble.empty();
    }
    double sum = 0;
    double divisor = 0;
    for (GroupRouting group : groups) {
      sum += group.squaredLogZ();
      divisor += group.divisor(call.options().zLoss());
    }
    return OptionalDouble.of(divisor == 0 ? 0 : sum / divisor);
  }
}
