package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** The first stage of a route: the gates of one group, with the sums that the losses need. */
public final class Gates {
  /** Scores of all groups, {@code [G, S, E]}, and which tokens are real, {@code [G, S]}. */
  public static final class Scores {
    private final TokenElements scores;
    private final Optional<TokenElements> nonPadding;

    /** Of tensors of any strides. */
    public Scores(Tensor scores, Optional<Tensor> nonPadding) {
      this.scores = TokenElements.of(scores);
      this.nonPadding = nonPadding.map(TokenElements::of);
    }

    boolean isReal(int group, int token) {
      return nonPadding.isEmpty() || nonPadding.get().get(group, token) != 0;
    }

    /** Copies the scores of a token. */
    public void read(int group, int token, double[] to, int from) {
      scores.load(group, token, to, from);
    }
  }

  private final GroupRoute route;
  private final int experts;
  private final int group;

  private Gates(GroupRoute route, int group) {
    this.route = route;
    this.experts = route.setup().experts();
    this.group = group;
  }

  static void fill(GroupRoute route, Scores scores, int group) {
    new Gates(route, group).fill(scores);
  }

  private void fill(Scores scores) {
    RouteOptions options = route.setup().options();
    boolean gatesOfPadding = options.auxLoss().mean() == MaskedMean.UNMASKED;
    boolean logitsOfPadding = options.zLoss() == MaskedMean.UNMASKED;
    double[] gates = route.gates();
    Arrays.fill(route.gateSums(), 0, experts, 0);
    for (int token = 0; token < route.tokens(); token++) {
      int row = token * experts;
      boolean real = scores.isReal(group, token);
      route.real()[token] = real ? 1 : 0;
      double logZ = 0;
      if (real || logitsOfPadding || gatesOfPadding) {
        scores.read(group, token, gates, row);
        logZ = toGates(row, token);
      }
      route.logZ()[token] = real || logitsOfPadding ? logZ : 0;
      if (real || gatesOfPadding) {
        for (int expert = 0; expert < experts; expert++) {
          route.gateSums()[expert] += gates[row + expert];
        }
      }
      if (!real) {
        Arrays.fill(gates, row, row + experts, 0);
      }
    }
  }

  /** Makes gates of a row of scores, in place; its logsumexp. */
  private double toGates(int row, int token) {
    return switch (route.setup().kind()) {
      case LOGITS -> softmax(row, token);
      case GATES -> {
        if (route.setup().checked()) {
          checkGates(row, token);
        }
        yield 0;
      }
    };
  }

  private double softmax(int from, int token) {
    if (route.setup().checked()) {
      checkLogits(from, token);
    }
    return softmax(route.gates(), from, experts);
  }

  /** The softmax of a row, in place; its logsumexp. */
  public static double softmax(double[] row, int from, int count) {
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
      double logit = route.gates()[i];
      if (Double.isNaN(logit) || logit == Double.POSITIVE_INFINITY) {
        throw unusable("logits", "below infinity", logit, token, i - from);
      }
      largest = Math.max(largest, logit);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      throw unusable("logits", "finite for one expert of a token", largest, token, 0);
    }
  }

  private void checkGates(int from, int token) {
    for (int i = from; i < from + experts; i++) {
      double gate = route.gates()[i];
      if (!(gate >= 0) || Double.isInfinite(gate)) {
        throw unusable("gates", "finite and at least 0", gate, token, i - from);
      }
    }
  }

  private IllegalArgumentException unusable(
      String what, String expected, double given, int token, int expert) {
    return new IllegalArgumentException(
        "route: %s must be %s, got %s at [g, s, e] = [%d, %d, %d]"
            .formatted(what, expected, given, group, token, expert));
  }
}
