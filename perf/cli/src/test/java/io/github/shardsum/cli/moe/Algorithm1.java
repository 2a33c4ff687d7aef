package io.github.shardsum.cli.moe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Algorithm 1 of the GShard paper for one group, written down line by line as the paper has it: one
 * loop for first choices, one for second ones, counters that go up.
 */
final class Algorithm1 {
  /** A non-zero combine weight. */
  record Entry(int token, int expert, int slot, double weight) {}

  final List<Entry> combine = new ArrayList<>();
  final int[] count;
  double aux;
  double squaredLogZ;

  /** Of wanted choices, those that no slot took. */
  int dropped;

  private final double[][] gates;
  private final int capacity;

  Algorithm1(double[][] logits, int capacity, double[] uniform) {
    int experts = logits[0].length;
    this.gates = new double[logits.length][];
    this.capacity = capacity;
    this.count = new int[experts];
    double[] mean = new double[experts];
    for (int s = 0; s < logits.length; s++) {
      gates[s] = softmax(logits[s]);
      for (int e = 0; e < experts; e++) {
        mean[e] += gates[s][e] / logits.length;
      }
    }
    for (int s = 0; s < logits.length; s++) {
      int e1 = highest(s, -1);
      place(s, e1, true, e1, highest(s, e1));
    }
    for (int e = 0; e < experts; e++) {
      aux += (double) count[e] / logits.length * mean[e] / experts;
    }
    for (int s = 0; s < logits.length; s++) {
      int e1 = highest(s, -1);
      int e2 = highest(s, e1);
      double g2 = gates[s][e2] / (gates[s][e1] + gates[s][e2]);
      place(s, e2, 2 * g2 > uniform[s], e1, e2);
    }
  }

  private void place(int s, int expert, boolean wanted, int e1, int e2) {
    int position = count[expert]++;
    if (wanted && position < capacity) {
      double weight = gates[s][expert] / (gates[s][e1] + gates[s][e2]);
      combine.add(new Entry(s, expert, position, weight));
    } else if (wanted) {
      dropped++;
    }
  }

  /** The lowest of the experts with the highest gate, but one. */
  private int highest(int s, int but) {
    int best = -1;
    for (int e = 0; e < gates[s].length; e++) {
      if (e != but && (best < 0 || gates[s][e] > gates[s][best])) {
        best = e;
      }
    }
    return best;
  }

  private double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] powers = Arrays.stream(logits).map(x -> StrictMath.exp(x - largest)).toArray();
    double sum = Arrays.stream(powers).sum();
    double logZ = largest + StrictMath.log(sum);
    squaredLogZ += logZ * logZ / gates.length;
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }
}
