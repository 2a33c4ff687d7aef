package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.GateFunction;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.ops.MathFunction;
import java.util.Arrays;
import java.util.Locale;

/**
 * The first stage of a route: computes the gates of one group, a block of tokens at a time, and the
 * sums that the losses need. Not thread-safe.
 */
public final class Gates {
  private final GroupRoute route;
  private final RouteOptions options;
  private final RouteOperands operands;
  private final int experts;
  private final int group;
  private final boolean gatesOfPadding;
  private final boolean logitsOfPadding;

  /** The gates of a group. */
  public Gates(GroupRoute route, RouteOperands operands, int group) {
    this.route = route;
    this.options = route.setup().options();
    this.operands = operands;
    this.experts = route.setup().experts();
    this.group = group;
    this.gatesOfPadding = options.auxLoss().mean() == MaskedMean.UNMASKED;
    this.logitsOfPadding = options.zLoss() == MaskedMean.UNMASKED;
  }

  /**
   * Computes the gates of some tokens into the first rows of the route's gates, and marks each
   * token as real, padding or unusable. The row of a padding token is 0 unless a loss counts
   * padding.
   */
  public void make(int first, int count) {
    for (int i = 0; i < count; i++) {
      int token = first + i;
      boolean real = operands.isReal(group, token);
      route.kinds()[token] = real ? GroupRoute.REAL : GroupRoute.PADDING;
      route.logZ()[token] = 0;
      if (isCounted(token)) {
        operands.scores().load(group, token, route.gates(), i * experts);
      } else {
        Arrays.fill(route.gates(), i * experts, (i + 1) * experts, 0);
      }
    }
    switch (route.setup().kind()) {
      case LOGITS -> ofLogits(first, count);
      case GATES -> ofGates(first, count);
    }
  }

  /** Whether a loss or a choice depends on the scores of a token. */
  private boolean isCounted(int token) {
    return route.isReal(token) || logitsOfPadding || gatesOfPadding;
  }

  private void ofLogits(int first, int count) {
    double[] gates = route.gates();
    for (int i = 0; i < count; i++) {
      double largest = largest(gates, i * experts);
      if (route.setup().checked() && isCounted(first + i)) {
        checkLogits(i * experts, first + i, largest);
      }
      for (int at = i * experts; at < (i + 1) * experts; at++) {
        gates[at] -= largest;
      }
      route.logZ()[first + i] = largest;
    }
    MathFunction.EXP.of(gates, 0, gates, 0, count * experts);
    for (int i = 0; i < count; i++) {
      divide(i * experts, first + i);
    }
    if (options.gateFunction() == GateFunction.SIGMOID) {
      sigmoid(first, count);
    }
  }

  private double largest(double[] row, int from) {
    long largest = GateOrderKeys.of(Double.NEGATIVE_INFINITY);
    for (int at = from; at < from + experts; at++) {
      largest = Math.max(largest, GateOrderKeys.of(row[at]));
    }
    return GateOrderKeys.value(largest);
  }

  /**
   * Divides the exponentials of a token's logits by their sum, and replaces the largest logit by
   * the logsumexp.
   */
  private void divide(int row, int token) {
    double[] gates = route.gates();
    if (!isCounted(token)) {
      Arrays.fill(gates, row, row + experts, 0);
      route.logZ()[token] = 0;
      return;
    }
    double sum = 0;
    for (int at = row; at < row + experts; at++) {
      sum += gates[at];
    }
    for (int at = row; at < row + experts; at++) {
      gates[at] /= sum;
    }
    double logZ = route.logZ()[token] + StrictMath.log(sum);
    boolean real = route.isReal(token);
    if (real && Double.isNaN(logZ)) {
      route.kinds()[token] = GroupRoute.UNUSABLE;
    }
    route.logZ()[token] = real || logitsOfPadding ? logZ : 0;
  }

  private void sigmoid(int first, int count) {
    double[] gates = route.gates();
    for (int i = 0; i < count; i++) {
      if (isCounted(first + i)) {
        operands.scores().load(group, first + i, gates, i * experts);
      }
    }
    // Programs without the kernel use the same function, so the bits are equal.
    MathFunction.LOGISTIC.of(gates, 0, gates, 0, count * experts);
    for (int i = 0; i < count; i++) {
      if (!isCounted(first + i)) {
        Arrays.fill(gates, i * experts, (i + 1) * experts, 0);
      }
    }
  }

  private void ofGates(int first, int count) {
    for (int i = 0; i < count; i++) {
      if (!isCounted(first + i)) {
        continue;
      }
      for (int expert = 0; expert < experts; expert++) {
        double gate = route.gates()[i * experts + expert];
        if (!(gate >= 0) || Double.isInfinite(gate)) {
          unusableGate(gate, first + i, expert);
        }
      }
    }
  }

  private void unusableGate(double gate, int token, int expert) {
    if (route.setup().checked()) {
      throw unusable("gates", "finite and at least 0", gate, token, expert);
    }
    if (route.isReal(token)) {
      route.kinds()[token] = GroupRoute.UNUSABLE;
    }
  }

  /** Adds the computed gates to the sums of the auxiliary loss. */
  void addToSums(int first, int count) {
    double[] gates = route.gates();
    double[] sums = route.gateSums();
    for (int i = 0; i < count; i++) {
      if (route.isReal(first + i) || gatesOfPadding) {
        double whole = whole(gates, i * experts);
        for (int expert = 0; expert < experts; expert++) {
          double gate = gates[i * experts + expert];
          sums[expert] += whole == 1 ? gate : whole == 0 ? 0 : gate / whole;
        }
      }
    }
  }

  /**
   * The divisor of a token's gates in the mean of the auxiliary loss: 1 for a softmax, and the sum
   * of the gates for sigmoids.
   */
  public double whole(double[] row, int from) {
    if (options.gateFunction() == GateFunction.SOFTMAX) {
      return 1;
    }
    double sum = 0;
    for (int at = from; at < from + experts; at++) {
      sum += row[at];
    }
    return sum;
  }

  /**
   * The softmax of a token's logits, computed from their stored logsumexp. The softmax is the
   * gradient of the logsumexp.
   */
  public void softmax(int token, double[] to) {
    operands.scores().load(group, token, to, 0);
    for (int expert = 0; expert < experts; expert++) {
      to[expert] -= route.logZ()[token];
    }
    MathFunction.EXP.of(to, 0, to, 0, experts);
  }

  private void checkLogits(int from, int token, double largest) {
    for (int i = from; i < from + experts; i++) {
      double logit = route.gates()[i];
      if (Double.isNaN(logit) || logit == Double.POSITIVE_INFINITY) {
        throw unusable("logits", "below infinity", logit, token, i - from);
      }
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      throw unusable("logits", "finite for one expert of a token", largest, token, 0);
    }
  }

  private IllegalArgumentException unusable(
      String what, String expected, double given, int token, int expert) {
    return new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "route: %s must be %s, got %s at [g, s, e] = [%d, %d, %d]",
            what,
            expected,
            given,
            group,
            token,
            expert));
  }
}
