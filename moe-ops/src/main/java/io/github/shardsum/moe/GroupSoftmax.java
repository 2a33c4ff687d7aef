package io.github.shardsum.moe;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The gates of one group, in f64 whatever the dtype of the scores, with the sums over its tokens
 * that the losses want. {@link StrictMath} and sums in index order give the same bits on every
 * machine.
 *
 * @param experts E
 * @param gates {@code [S, E]}, rows of padding zero
 * @param real whether each token is real
 * @param gateSums sum over tokens of each expert's gate, {@code [E]}
 * @param squaredLogZ sum over tokens of the squared logsumexp of the logits
 */
record GroupSoftmax(
    int experts, double[] gates, boolean[] real, double[] gateSums, double squaredLogZ) {

  static GroupSoftmax of(GatingInput input, GatingOptions options, int group) {
    int size = Math.toIntExact(input.groupSize());
    int experts = Math.toIntExact(input.experts());
    Checks.arrayLength("gating: gates of a group", size, experts);
    double[] gates = input.scores().select(0, group).toDoubleArray();
    boolean[] real = realTokens(input, group, size);
    boolean gatesOfPadding = options.auxLoss().mean() == MaskedMean.UNMASKED;
    boolean logitsOfPadding = options.zLoss() == MaskedMean.UNMASKED;
    double[] sums = new double[experts];
    double squaredLogZ = 0;
    for (int token = 0; token < size; token++) {
      int row = token * experts;
      if (real[token] || logitsOfPadding || gatesOfPadding) {
        double logZ = toGates(input, gates, row, group, token);
        squaredLogZ += real[token] || logitsOfPadding ? logZ * logZ : 0;
      }
      if (real[token] || gatesOfPadding) {
        for (int expert = 0; expert < experts; expert++) {
          sums[expert] += gates[row + expert];
        }
      }
      if (!real[token]) {
        Arrays.fill(gates, row, row + experts, 0);
      }
    }
    return new GroupSoftmax(experts, gates, real, sums, squaredLogZ);
  }

  private static boolean[] realTokens(GatingInput input, int group, int size) {
    boolean[] real = new boolean[size];
    Arrays.fill(real, true);
    if (input.nonPadding().isPresent()) {
      double[] mask = input.nonPadding().get().select(0, group).toDoubleArray();
      for (int token = 0; token < size; token++) {
        real[token] = mask[token] != 0;
      }
    }
    return real;
  }

  /** Makes gates of a row of scores, in place; its logsumexp. */
  private static double toGates(GatingInput input, double[] scores, int row, int group, int token) {
    int end = row + Math.toIntExact(input.experts());
    return switch (input.kind()) {
      case LOGITS -> softmax(scores, row, end, group, token);
      case GATES -> {
        checkGates(scores, row, end, group, token);
        yield 0;
      }
    };
  }

  private static double softmax(double[] row, int from, int to, int group, int token) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      if (Double.isNaN(row[i]) || row[i] == Double.POSITIVE_INFINITY) {
        throw unusable("logits", "numbers below infinity", row[i], group, token, i - from);
      }
      largest = Math.max(largest, row[i]);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      throw unusable("logits", "one finite expert a token", largest, group, token, 0);
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

  private static void checkGates(double[] row, int from, int to, int group, int token) {
    for (int i = from; i < to; i++) {
      if (!(row[i] >= 0) || Double.isInfinite(row[i])) {
        throw unusable("gates", "finite numbers of at least 0", row[i], group, token, i - from);
      }
    }
  }

  private static IllegalArgumentException unusable(
      String what, String wanted, double given, int group, int token, int expert) {
    return new IllegalArgumentException(
        "gating: "
            + what
            + ": "
            + wanted
            + " are wanted, got "
            + given
            + " at [g, s, e] = ["
            + group
            + ", "
            + token
            + ", "
            + expert
            + "]");
  }

  int tokens() {
    return real.length;
  }

  int realCount() {
    return realTokens().length;
  }

  int[] realTokens() {
    return IntStream.range(0, real.length).filter(token -> real[token]).toArray();
  }

  double gate(int token, int expert) {
    return gates[token * experts + expert];
  }
}
