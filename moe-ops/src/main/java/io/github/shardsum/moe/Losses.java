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

  static Losses of(RoutingCall call, List<RoutedGroup> groups) {
    double[] means = new double[call.groups() * call.experts()];
    double[] losses = new double[call.groups()];
    for (int group = 0; group < call.groups(); group++) {
      RoutedGroup routed = groups.get(group);
      double divisor = divisor(call.options().auxLoss().mean(), routed.softmax());
      double sum = 0;
      for (int expert = 0; expert < call.experts(); expert++) {
        double mean = divisor == 0 ? 0 : routed.softmax().gateSums()[expert] / divisor;
        means[group * call.experts() + expert] = mean;
        sum += divisor == 0 ? 0 : share(call.options(), routed, expert) / divisor * mean;
      }
      losses[group] = sum * scale(call);
    }
    return new Losses(
        Tensor.of(means, call.groups(), call.experts()),
        Tensor.of(losses, call.groups()),
        zLoss(call, groups));
  }

  private static double divisor(MaskedMean mean, GroupSoftmax softmax) {
    return switch (mean) {
      case OVER_GROUP, UNMASKED -> softmax.tokens();
      case OVER_REAL -> softmax.realCount();
    };
  }

  private static double share(GatingOptions options, RoutedGroup routed, int expert) {
    return switch (options.auxLoss().choices()) {
      case FIRST -> routed.firstChoices()[expert];
      case ALL -> routed.load()[expert];
      case ALL_OVER_K -> (double) routed.load()[expert] / options.router().choices();
    };
  }

  private static double scale(RoutingCall call) {
    if (call.options().router() instanceof Router.ExpertChoice) {
      return 0;
    }
    return switch (call.options().auxLoss().scale()) {
      case MEAN -> 1.0 / call.experts();
      case SQUARED_EXPERTS -> call.experts();
    };
  }

  private static OptionalDouble zLoss(RoutingCall call, List<RoutedGroup> groups) {
    if (call.input().kind() == GatingInput.Kind.GATES) {
      return OptionalDouble.empty();
    }
    double sum = 0;
    double divisor = 0;
    for (RoutedGroup group : groups) {
      sum += group.softmax().squaredLogZ();
      divisor += divisor(call.options().zLoss(), group.softmax());
    }
    return OptionalDouble.of(divisor == 0 ? 0 : sum / divisor);
  }
}
