package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoePass;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Tensor;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Holds a pass against scalar loops in f64: the logits of sampled tokens, the whole routing of
 * their groups by the paper's algorithm 1, and all outputs of the tokens by algorithm 2. An error
 * is allowed what f32 rounding can do at most, {@code n*u/(1 - n*u)} of the sum of absolute terms
 * for n terms, carried through the layers; u = 2^-24.
 */
final class MoeCheck {
  private static final double UNIT = 0x1p-24;

  private final MoeWeights weights;
  private final double[] gate;
  private final Philox philox;
  private final long stream;

  private long tokens;
  private long groups;
  private long outputs;
  private long wrongRoutes;
  private double largestError;
  private double worstShare;

  MoeCheck(MoeWeights weights, long seed, long stream) {
    this.weights = weights;
    this.gate = weights.gate().toDoubleArray();
    this.philox = new Philox(seed);
    this.stream = stream;
  }

  /** What has been found so far. */
  CheckResult result() {
    return new CheckResult(tokens, groups, outputs, wrongRoutes, largestError, worstShare);
  }

  /**
   * Checks sampled tokens of a pass.
   *
   * @param pass the pass
   * @param batch what went into it
   * @param sample indices of real tokens in the batch
   */
  void check(MoePass pass, TokenBatch batch, NavigableSet<Integer> sample) {
    int size = Math.toIntExact(pass.sizes().tokens());
    Tensor inputs = batch.input().tokens();
    for (int group : new TreeSet<>(sample.stream().map(token -> token / size).toList())) {
      int first = group * size;
      PaperGating routes =
          PaperGating.route(
              logits(pass, group, Math.min(size, batch.count() - first)),
              Math.toIntExact(pass.sizes().capacity()),
              s -> philox.uniform(batch.position() + first + s, stream));
      groups++;
      for (int token : sample.subSet(first, first + size)) {
        check(pass, inputs, group, token - first, routes);
      }
    }
  }

  private static double[][] logits(MoePass pass, long group, int count) {
    double[][] rows = new double[count][];
    for (int s = 0; s < count; s++) {
      rows[s] = pass.activations().logits().select(0, group).select(0, s).toDoubleArray();
    }
    return rows;
  }

  private void check(MoePass pass, Tensor inputs, long group, int s, PaperGating routes) {
    double[] x = inputs.select(0, group).select(0, s).toDoubleArray();
    checkLogits(x, pass.activations().logits().select(0, group).select(0, s).toDoubleArray());
    checkRoute(pass, group, s, routes);
    int model = x.length;
    Row sum = new Row(new double[model], new double[model], new double[model]);
    for (int choice = 0; choice < 2; choice++) {
      if (routes.experts[s][choice] >= 0) {
        sum.add(routes.weights[s][choice], expert(routes.experts[s][choice], x));
      }
    }
    double[] given = pass.outputs().select(0, group).select(0, s).toDoubleArray();
    for (int m = 0; m < model; m++) {
      double bound = sum.error[m] + gamma(3) * (sum.absolute[m] + sum.error[m]);
      compare(sum.value[m], given[m], bound);
    }
    tokens++;
    outputs += model;
  }

  /** A row with, for each element, the sum of its absolute terms and the most it may be off. */
  private record Row(double[] value, double[] absolute, double[] error) {
    void add(double weight, Row row) {
      for (int m = 0; m < value.length; m++) {
        value[m] += weight * row.value[m];
        absolute[m] += weight * row.absolute[m];
        error[m] += weight * row.error[m];
      }
    }
  }

  private void checkLogits(double[] x, double[] given) {
    for (int e = 0; e < given.length; e++) {
      double sum = 0;
      double absolute = 0;
      for (int m = 0; m < x.length; m++) {
        double term = x[m] * gate[m * given.length + e];
        sum += term;
        absolute += Math.abs(term);
      }
      compare(sum, given[e], gamma(x.length) * absolute);
    }
  }

  private void checkRoute(MoePass pass, long group, int s, PaperGating routes) {
    long capacity = pass.sizes().capacity();
    Tensor positions = pass.routing().combine().positions();
    Tensor combine = pass.routing().combine().weights();
    for (int choice = 0; choice < 2; choice++) {
      int expert = routes.experts[s][choice];
      long wanted = expert < 0 ? -1 : expert * capacity + routes.slots[s][choice];
      double weight = routes.weights[s][choice];
      double off = Math.abs(combine.getDouble(group, s, choice) - weight);
      boolean same = positions.getLong(group, s, choice) == wanted && off <= 2 * UNIT * weight;
      wrongRoutes += same ? 0 : 1;
    }
  }

  /** {@code relu(x wi) wo} of one expert. */
  private Row expert(int expert, double[] x) {
    int model = x.length;
    int width = Math.toIntExact(weights.hidden());
    double[] in = weights.in().select(0, expert).toDoubleArray();
    double[] out = weights.out().select(0, expert).toDoubleArray();
    Row row = new Row(new double[model], new double[model], new double[model]);
    for (int h = 0; h < width; h++) {
      double sum = 0;
      double absolute = 0;
      for (int m = 0; m < model; m++) {
        double term = x[m] * in[m * width + h];
        sum += term;
        absolute += Math.abs(term);
      }
      double hidden = Math.max(0, sum);
      double error = gamma(model) * absolute;
      for (int m = 0; m < model; m++) {
        double weight = out[h * model + m];
        row.value[m] += hidden * weight;
        row.absolute[m] += hidden * Math.abs(weight);
        row.error[m] += (error + gamma(width) * (hidden + error)) * Math.abs(weight);
      }
    }
    return row;
  }

  private static double gamma(int terms) {
    return terms * UNIT / (1 - terms * UNIT);
  }

  /** A NaN counts as beyond any bound. */
  private void compare(double wanted, double given, double bound) {
    double error = Math.abs(given - wanted);
    double share = error == 0 ? 0 : error <= bound ? error / bound : Double.POSITIVE_INFINITY;
    largestError = Math.max(largestError, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
    worstShare = Math.max(worstShare, share);
  }
}
