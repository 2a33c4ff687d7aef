package io.github.shardsum.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * The oracle of the routers: one group, every quantity from its definition and none from a running
 * count. The slot of a choice is the number of choices of the same expert that come before it.
 */
final class RouteDefinition {
  /** One choice of one token. */
  record Choice(int token, int rank, int expert, double gate, boolean expected, boolean asks) {}

  final RouteOptions options;
  final double[][] gates;
  final double[][] logits;
  final boolean[] real;
  final int experts;
  final Extras extras;
  final List<Choice> choices = new ArrayList<>();

  /**
   * What else a group may be routed by.
   *
   * @param bias of each expert, 0 if there is none
   * @param choices recorded experts of each token, -1 for none; empty if none were recorded
   */
  record Extras(double[] bias, int[][] choices) {}

  RouteDefinition(
      RouteOptions options, double[][] logits, boolean[] real, double[] uniform, Extras extras) {
    this.options = options;
    this.extras = extras;
    this.real = real;
    this.logits = logits;
    this.experts = logits[0].length;
    this.gates = new double[logits.length][];
    for (int s = 0; s < logits.length; s++) {
      gates[s] =
          options.gateFunction() == RouteOptions.GateFunction.SOFTMAX
              ? softmax(logits[s])
              : sigmoid(logits[s]);
      if (real[s] && options.router() instanceof Router.TokenChoice) {
        choose(s, uniform[s]);
      }
    }
  }

  /** In the order of operations that the gates are defined by: tokens may tie up to rounding. */
  static double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] powers = exp(Arrays.stream(logits).map(x -> x - largest).toArray());
    double sum = 0;
    for (double power : powers) {
      sum += power;
    }
    double divisor = sum;
    return Arrays.stream(powers).map(power -> power / divisor).toArray();
  }

  private static double[] sigmoid(double[] logits) {
    double[] powers = exp(Arrays.stream(logits).map(x -> -x).toArray());
    return Arrays.stream(powers).map(power -> 1 / (1 + power)).toArray();
  }

  private static double[] exp(double[] values) {
    return Elementwise.exp(Target.on(Workers.sequential()), Tensor.of(values, values.length))
        .toDoubleArray();
  }

  private double key(int s, int e) {
    return gates[s][e] == 0 ? Double.NEGATIVE_INFINITY : gates[s][e] + extras.bias[e];
  }

  /** The key that chooses an expert or a token: logits where gates may all have become 1. */
  private double order(int s, int e) {
    boolean sigmoid = options.gateFunction() == RouteOptions.GateFunction.SIGMOID;
    boolean biased = Arrays.stream(extras.bias).anyMatch(added -> added != 0);
    return sigmoid && !biased && gates[s][e] != 0 ? logits[s][e] : key(s, e);
  }

  /** The gates of a token, 0 for experts of groups that it may not use. */
  private double[] open(int s) {
    if (options.groupLimit().isEmpty() || extras.choices.length > 0) {
      return gates[s];
    }
    RouteOptions.GroupLimit limit = options.groupLimit().get();
    int size = experts / limit.groups();
    int scored = limit.score() == RouteOptions.GroupLimit.Score.BEST ? 1 : 2;
    double[] scores =
        IntStream.range(0, limit.groups())
            .mapToDouble(
                group ->
                    IntStream.range(group * size, (group + 1) * size)
                        .mapToObj(e -> scored == 1 ? order(s, e) : key(s, e))
                        .sorted(Comparator.reverseOrder())
                        .limit(scored)
                        .filter(Double::isFinite)
                        .reduce(Double::sum)
                        .orElse(Double.NEGATIVE_INFINITY))
            .toArray();
    List<Integer> best =
        IntStream.range(0, limit.groups())
            .boxed()
            .sorted(Comparator.comparingDouble((Integer group) -> -scores[group]))
            .limit(limit.chosen())
            .toList();
    return IntStream.range(0, experts)
        .mapToDouble(e -> best.contains(e / size) ? gates[s][e] : 0)
        .toArray();
  }

  private List<Integer> order(int s, double[] open) {
    if (extras.choices.length > 0) {
      return Arrays.stream(extras.choices[s]).boxed().toList();
    }
    return IntStream.range(0, experts)
        .boxed()
        .sorted(
            Comparator.comparingDouble(
                (Integer e) -> open[e] == 0 ? Double.POSITIVE_INFINITY : -order(s, e)))
        .toList();
  }

  private void choose(int s, double u) {
    int k = options.router().choices();
    double[] open = open(s);
    List<Integer> order = order(s, open);
    boolean recorded = extras.choices.length > 0;
    for (int j = 0; j < k; j++) {
      boolean second = k == 2 && j == 1;
      int e =
          second && options.secondChoice() instanceof SecondChoice.Sample && !recorded
              ? sampled(open, order.get(0), u)
              : order.get(j);
      if (e < 0 || open[e] == 0) {
        continue;
      }
      double first = order.get(0) < 0 ? 0 : open[order.get(0)];
      boolean expected = !second || accepted(first, open[e], u);
      boolean asks = expected || options.rejectedKeepsSlot();
      choices.add(new Choice(s, j, e, open[e], expected, asks));
    }
  }

  private int sampled(double[] open, int first, double u) {
    double all = Arrays.stream(open).sum();
    for (int e = 0; e < experts; e++) {
      double below = 0;
      for (int other = 0; other <= e; other++) {
        below += other == first ? 0 : open[other];
      }
      if (e != first && below > u * (all - open[first])) {
        return e;
      }
    }
    // All others are masked.
    return first == 0 ? 1 : 0;
  }

  private boolean accepted(double g1, double g2, double u) {
    boolean before = options.normalization() == Normalization.BEFORE_DROPPING;
    double g = before ? g2 / (g1 + g2 + options.normalizationEpsilon()) : g2;
    return switch (options.secondChoice()) {
      case SecondChoice.All _, SecondChoice.Sample _ -> true;
      case SecondChoice.None _ -> false;
      case SecondChoice.Threshold(double t) -> g > t;
      case SecondChoice.Random(double t) -> u < g / t;
    };
  }

  private boolean before(Choice a, Choice b) {
    double topA = first(a.token);
    double topB = first(b.token);
    Comparator<Choice> byToken = Comparator.comparingInt(Choice::token);
    Comparator<Choice> byRank = Comparator.comparingInt(Choice::rank);
    return switch (options.slotOrder()) {
      case CHOICE_MAJOR -> byRank.thenComparing(byToken).compare(a, b) < 0;
      case TOKEN_MAJOR -> byToken.thenComparing(byRank).compare(a, b) < 0;
      case BATCH_PRIORITIZED ->
          a.rank != b.rank ? a.rank < b.rank : topA != topB ? topA > topB : a.token < b.token;
      case GATE ->
          a.gate != b.gate ? a.gate > b.gate : byToken.thenComparing(byRank).compare(a, b) < 0;
    };
  }

  /** The gate of a token's first choice, 0 if it has none. */
  private double first(int token) {
    return choices.stream()
        .filter(c -> c.token == token && c.rank == 0)
        .mapToDouble(Choice::gate)
        .sum();
  }

  int slot(Choice choice) {
    return (int)
        choices.stream()
            .filter(c -> c.asks && c.expert == choice.expert && before(c, choice))
            .count();
  }

  int[] counts(ToIntFunction<Choice> what) {
    int[] counts = new int[experts];
    choices.forEach(c -> counts[c.expert] += what.applyAsInt(c));
    return counts;
  }

  /** Combine weights {@code [S, E, C]}. */
  double[][][] combine(int capacity) {
    double[][][] combine = new double[gates.length][experts][capacity];
    if (options.router() instanceof Router.ExpertChoice) {
      takeTokens(combine, capacity);
    }
    for (Choice c : choices) {
      if (c.expected && slot(c) < capacity) {
        combine[c.token][c.expert][slot(c)] = c.gate;
      }
    }
    for (int s = 0; s < gates.length; s++) {
      normalize(s, combine[s]);
    }
    return combine;
  }

  private void takeTokens(double[][][] combine, int capacity) {
    for (int e = 0; e < experts; e++) {
      int column = e;
      List<Integer> order =
          IntStream.range(0, gates.length)
              .filter(s -> real[s] && gates[s][column] > 0)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer s) -> -order(s, column)))
              .toList();
      for (int c = 0; c < Math.min(capacity, order.size()); c++) {
        combine[order.get(c)][e][c] = gates[order.get(c)][e];
      }
    }
  }

  private void normalize(int s, double[][] weights) {
    double sum = options.normalizationEpsilon();
    switch (options.normalization()) {
      case NONE -> sum = 1;
      case BEFORE_DROPPING ->
          sum += choices.stream().filter(c -> c.token == s).mapToDouble(Choice::gate).sum();
      case AFTER_DROPPING -> {
        for (double[] row : weights) {
          sum += Arrays.stream(row).sum();
        }
      }
    }
    for (double[] row : weights) {
      for (int c = 0; c < row.length; c++) {
        row[c] = row[c] == 0 ? 0 : row[c] / sum;
      }
    }
  }

  private double share(int s, int e) {
    double sum = Arrays.stream(gates[s]).sum();
    boolean softmax = options.gateFunction() == RouteOptions.GateFunction.SOFTMAX;
    return softmax ? gates[s][e] : sum == 0 ? 0 : gates[s][e] / sum;
  }

  double auxLoss() {
    if (options.router() instanceof Router.ExpertChoice) {
      return 0;
    }
    AuxLoss aux = options.auxLoss();
    int[] counts =
        aux.choices() == AuxLoss.Choices.FIRST
            ? counts(c -> c.rank == 0 ? 1 : 0)
            : counts(c -> c.asks ? 1 : 0);
    long reals = IntStream.range(0, real.length).filter(s -> real[s]).count();
    double divisor = aux.mean() == MaskedMean.OVER_REAL ? reals : real.length;
    double mean = 0;
    for (int e = 0; e < experts; e++) {
      double gateSum = 0;
      for (int s = 0; s < gates.length; s++) {
        gateSum += real[s] || aux.mean() == MaskedMean.UNMASKED ? share(s, e) : 0;
      }
      mean += divisor == 0 ? 0 : counts[e] / divisor * gateSum / divisor / experts;
    }
    double overK = aux.choices() == AuxLoss.Choices.ALL_OVER_K ? options.router().choices() : 1;
    boolean squared = aux.scale() == AuxLoss.Scale.SQUARED_EXPERTS;
    return mean / overK * (squared ? experts * experts : 1);
  }
}
