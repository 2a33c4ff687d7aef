package io.github.shardsum.cli.moe;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Algorithm 1 of the GShard paper (arXiv 2006.16668), line by line, for one group: what the report
 * holds the library's routing against.
 */
final class PaperGating {
  /** {@code [S, 2]}: the experts of each token, -1 where it is not sent. */
  final int[][] experts;

  /** {@code [S, 2]}: its slots there. */
  final int[][] slots;

  /** {@code [S, 2]}: its combine weights. */
  final double[][] weights;

  private final int[] count;
  private final int capacity;

  private PaperGating(int tokens, int experts, int capacity) {
    this.experts = filled(tokens);
    this.slots = filled(tokens);
    this.weights = new double[tokens][2];
    this.count = new int[experts];
    this.capacity = capacity;
  }

  private static int[][] filled(int tokens) {
    int[][] rows = new int[tokens][2];
    for (int[] row : rows) {
      Arrays.fill(row, -1);
    }
    return rows;
  }

  /**
   * Routes a group.
   *
   * @param logits {@code [S, E]} of its real tokens, which come first
   * @param capacity C
   * @param uniform the uniform number of each token
   */
  static PaperGating route(double[][] logits, int capacity, IntToDoubleFunction uniform) {
    int experts = logits[0].length;
    PaperGating gating = new PaperGating(logits.length, experts, capacity);
    double[][] gates = Arrays.stream(logits).map(PaperGating::softmax).toArray(double[][]::new);
    for (int s = 0; s < gates.length; s++) {
      int e1 = highest(gates[s], -1);
      int e2 = highest(gates[s], e1);
      gating.place(s, 0, e1, gates[s][e1] / (gates[s][e1] + gates[s][e2]), true);
    }
    for (int s = 0; s < gates.length; s++) {
      int e1 = highest(gates[s], -1);
      int e2 = highest(gates[s], e1);
      double g2 = gates[s][e2] / (gates[s][e1] + gates[s][e2]);
      gating.place(s, 1, e2, g2, 2 * g2 > uniform.applyAsDouble(s));
    }
    return gating;
  }

  private void place(int s, int choice, int expert, double weight, boolean wanted) {
    // In the paper's exact arithmetic no gate is 0; here one that is has no expert.
    if (weight == 0) {
      return;
    }
    int slot = count[expert]++;
    if (wanted && slot < capacity && (float) weight != 0) {
      experts[s][choice] = expert;
      slots[s][choice] = slot;
      weights[s][choice] = weight;
    }
  }

  private static double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] gates = new double[logits.length];
    double sum = 0;
    for (int e = 0; e < gates.length; e++) {
      gates[e] = StrictMath.exp(logits[e] - largest);
      sum += gates[e];
    }
    for (int e = 0; e < gates.length; e++) {
      gates[e] /= sum;
    }
    return gates;
  }

  private static int highest(double[] gates, int except) {
    int best = except == 0 ? 1 : 0;
    for (int e = 0; e < gates.length; e++) {
      if (e != except && gates[e] > gates[best]) {
        best = e;
      }
    }
    return best;
  }
}
