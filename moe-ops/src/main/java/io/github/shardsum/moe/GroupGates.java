package io.github.shardsum.moe;

import java.util.Arrays;

/** The first stage of a routing: the gates of one group, with the sums that the losses want. */
final class GroupGates {
  private final GroupRouting routing;
  private final int experts;
  private final int group;

  private GroupGates(GroupRouting routing, int group) {
    this.routing = routing;
    this.experts = routing.setup().experts();
    this.group = group;
  }

  static void fill(GroupRouting routing, RouterScores scores, int group) {
    new GroupGates(routing, group).fill(scores);
  }

  private void fill(RouterScores scores) {
    GatingOptions options = routing.setup().options();
    boolean gatesOfPadding = options.auxLoss().mean() == MaskedMean.UNMASKED;
    boolean logitsOfPadding = options.zLoss() == MaskedMean.UNMASKED;
    double[] gates = routing.gates();
    Arrays.fill(routing.gateSums(), 0, experts, 0);
    for (int token = 0; token < routing.tokens(); token++) {
      int row = token * experts;
      boolean real = scores.isReal(group, token);
      routing.real()[token] = real ? 1 : 0;
      double logZ = 0;
      if (real || logitsOfPadding || gatesOfPadding) {
        scores.read(group, token, gates, row);
        logZ = toGates(row, token);
      }
      routing.logZ()[token] = real || logitsOfPadding ? logZ : 0;
      if (real || gatesOfPadding) {
        for (int expert = 0; expert < experts; expert++) {
          routing.gateSums()[expert] += gates[row + expert];
        }
      }
      if (!real) {
        Arrays.fill(gates, row, row + experts, 0);
      }
    }
  }

  /** Makes gates of a row of scores, in place; its logsumexp. */
  private double toGates(int row, int token) {
    return switch (routing.setup().kind()) {
      case LOGITS -> softmax(row, token);
      case GATES -> {
        if (routing.setup().checked()) {
          checkGates(row, token);
        }
        yield 0;
      }
    };
  }

  private double softmax(int from, int token) {
    if (routing.setup().checked()) {
      checkLogits(from, token);
    }
    return softmax(routing.gates(), from, experts);
  }

  /** The softmax of a row, in place; its logsumexp. */
  static double softmax(double[] row, int from, int count) {
    int to = from + count;
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      largest = Math.max(largest, row[i]);
    }
    double sum = 0;
    for (int i = from; i < to; i++) {
      row[i] = StrictMath.exp(row[i] - largest);
      sum += row[i];
    }
    for (int i = from; i < to; i++) {
      row[i] /= sum;
    }
    return largest + StrictMath.log(sum);
  }

  private void checkLogits(int from, int token) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + experts; i++) {
      double logit = routing.gates()[i];
      if (Double.isNaN(logit) || logit == Double.POSITIVE_INFINITY) {
        throw unusable("logits", "numbers below infinity", logit, token, i - from);
      }
      largest = Math.max(largest, logit);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      throw unusable("logits", "one finite expert a token", largest, token, 0);
    }
  }

  private void checkGates(int from, int token) {
    for (int i = from; i < from + experts; i++) {
      double gate = routing.gates()[i];
      if (!(gate >= 0) || Double.isInfinite(gate)) {
        throw unusable("gates", "finite numbers of at least 0", gate, token, i - from);
      }
    }
  }

  private IllegalArgumentException unusable(
      String what, String wanted, double given, int token, int expert) {
    return new IllegalArgumentException(
        "gating: %s: %s are wanted, got %s at [g, s, e] = [%d, %d, %d]"
            .formatted(what, wanted, given, group, token, expert));
  }
}
