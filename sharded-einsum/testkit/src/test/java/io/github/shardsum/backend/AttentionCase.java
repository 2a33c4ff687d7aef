package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Random attention, and its results from plain loops over the definition. The arrays are in the
 * order B, J, T, R, N, D, E of labels; the program has these labels in random order, and may lack
 * B, J or R.
 */
final class AttentionCase {
  static final int B = 0;
  static final int J = 1;
  static final int T = 2;
  static final int R = 3;
  private static final int N = 4;
  private static final int D = 5;
  private static final int E = 6;
  private static final String LABELS = "BJTRNDE";
  private static final int[][] OPERANDS = {{B, J, T, R, D}, {B, J, N, D}, {B, J, N, E}};

  final int[] sizes;
  final double scale;
  final boolean causal;
  private final DType dtype;
  private final boolean[] present = new boolean[LABELS.length()];
  private final Random random;
  final double[][] values = new double[3][];
  final int[] at;
  final int[] of;
  private final Program program;
  private final List<Tensor> inputs = new ArrayList<>();

  AttentionCase(long seed, DType dtype, int... sizes) {
    this.random = new Random(seed);
    this.dtype = dtype;
    this.sizes = sizes;
    this.scale = random.nextInt(4) == 0 ? -1 : 1 / Math.sqrt(sizes[D]);
    this.causal = random.nextBoolean();
    for (int label = 0; label < present.length; label++) {
      present[label] =
          sizes[label] != 1 || (label != B && label != J && label != R) || random.nextBoolean();
    }
    for (int i = 0; i < 3; i++) {
      values[i] = random.doubles(count(OPERANDS[i]), -2, 2).toArray();
      if (dtype != DType.F64) {
        values[i] = Tensor.of(values[i], values[i].length).convert(dtype).toDoubleArray();
      }
    }
    this.at = positions(sizes[B] * sizes[T]);
    this.of = positions(sizes[B] * sizes[N]);
    this.program = program();
  }

  /** Small sizes. */
  static AttentionCase random(long seed, DType dtype) {
    Random random = new Random(~seed);
    int[] most = {3, 3, 6, 3, 9, 5, 5};
    int[] sizes = Arrays.stream(most).map(size -> 1 + random.nextInt(size)).toArray();
    sizes[N] -= random.nextInt(8) == 0 ? sizes[N] : 0;
    return new AttentionCase(seed, dtype, sizes);
  }

  private int count(int... labels) {
    return Arrays.stream(labels).map(label -> sizes[label]).reduce(1, Math::multiplyExact);
  }

  /** Positions in order, with padding at the end, or in any order. */
  private int[] positions(int count) {
    int[] all = new int[count];
    boolean ordered = random.nextBoolean();
    for (int i = 0; i < count; i++) {
      boolean pad = random.nextInt(ordered ? 12 : 4) == 0;
      all[i] = pad ? -1 : ordered ? i % Math.max(1, sizes[N]) : random.nextInt(sizes[N] + 1);
    }
    return all;
  }

  private Program program() {
    ProgramBuilder p = Program.builder("test");
    List<Value> operands = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      operands.add(
          input(
              p,
              "qkv".substring(i, i + 1),
              dtype,
              Tensor.of(values[i], values[i].length),
              OPERANDS[i]));
    }
    operands.add(input(p, "at", DType.I32, Tensor.of(at, at.length), B, T));
    operands.add(input(p, "of", DType.I32, Tensor.of(of, of.length), B, N));
    List<Value> results =
        p.attention(
            operands.get(0),
            operands.get(1),
            operands.get(2),
            operands.get(3),
            operands.get(4),
            scale,
            causal);
    p.output("y", results.get(0));
    p.output("lse", results.get(1));
    return p.build();
  }

  /** An input with the labels in random order, and its tensor. */
  private Value input(ProgramBuilder p, String name, DType type, Tensor flat, int... labels) {
    long[] shape = Arrays.stream(labels).mapToLong(label -> sizes[label]).toArray();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      if (present[labels[i]]) {
        order.add(i);
      }
    }
    Collections.shuffle(order, random);
    List<Integer> all = new ArrayList<>(order);
    for (int i = 0; i < labels.length; i++) {
      if (!all.contains(i)) {
        all.add(i);
      }
    }
    Tensor turned =
        flat.convert(type).reshape(shape).transpose(all.stream().mapToInt(i -> i).toArray());
    List<Long> left = order.stream().map(i -> shape[i]).toList();
    inputs.add(turned.copy().reshape(left.stream().mapToLong(size -> size).toArray()));
    List<String> names =
        order.stream().map(i -> LABELS.substring(labels[i], labels[i] + 1)).toList();
    return p.input(name, ValueType.of(type, names, left));
  }

  Program forward() {
    return program;
  }

  List<Tensor> inputs() {
    return inputs;
  }

  boolean has(String label) {
    return present[LABELS.indexOf(label)];
  }

  /** A tensor of the program, as an array in the order of labels. */
  double[] ordered(ValueType type, Tensor tensor, int... labels) {
    int[] order =
        Arrays.stream(labels)
            .filter(label -> present[label])
            .map(label -> type.axis(LABELS.substring(label, label + 1)))
            .toArray();
    return tensor.transpose(order).toDoubleArray();
  }

  /** Results for given q, k and v, with the bounds of their errors. */
  record Expected(double[] y, double[] lse, double[] yBound, double[] lseBound) {}

  /** The definition. */
  Expected expected(double[] q, double[] k, double[] v) {
    int rows = count(B, J, T, R);
    double[] y = new double[rows * sizes[E]];
    double[] yBound = new double[y.length];
    double[] lse = new double[rows];
    double[] lseBound = new double[rows];
    double unit = dtype == DType.F64 ? 0x1p-53 : 0x1p-24;
    for (int row = 0; row < rows; row++) {
      int t = row / sizes[R] % sizes[T];
      int head = row / (sizes[R] * sizes[T]);
      int b = head / sizes[J];
      double[] scores = new double[sizes[N]];
      double sum = 0;
      double most = 0;
      for (int n = 0; n < sizes[N]; n++) {
        double score = 0;
        double magnitude = 0;
        for (int d = 0; d < sizes[D]; d++) {
          double product = scale * q[row * sizes[D] + d] * k[(head * sizes[N] + n) * sizes[D] + d];
          score += product;
          magnitude += Math.abs(product);
        }
        boolean seen = sees(b, t, n);
        scores[n] = seen ? Math.exp(score) : 0;
        sum += scores[n];
        most = seen ? Math.max(most, magnitude) : most;
      }
      lse[row] = Math.log(sum);
      double error = (sizes[D] + 4) * unit * most;
      lseBound[row] = error + (sizes[N] + 8) * unit * (1 + Math.abs(lse[row]) + most);
      for (int e = 0; e < sizes[E] && sum > 0; e++) {
        double magnitude = 0;
        for (int n = 0; n < sizes[N]; n++) {
          double term = scores[n] / sum * v[(head * sizes[N] + n) * sizes[E] + e];
          y[row * sizes[E] + e] += term;
          magnitude += Math.abs(term);
        }
        double relative = 2 * error * (1 + error) + (2 * sizes[N] + 16) * unit + 4 * unit * most;
        yBound[row * sizes[E] + e] =
            relative * magnitude + (dtype == DType.BF16 ? 0x1p-8 : 0) * magnitude;
      }
    }
    return new Expected(y, lse, yBound, lseBound);
  }

  private boolean sees(int b, int t, int n) {
    int key = of[b * sizes[N] + n];
    return key >= 0 && (!causal || key <= at[b * sizes[T] + t]);
  }

  /** Compares results of the program with the definition. */
  void check(String what, List<Tensor> results) {
    Expected expected = expected(values[0], values[1], values[2]);
    ValueType y = program.outputs().get(0).type();
    ValueType lse = program.outputs().get(1).type();
    near(what + " y", expected.y, expected.yBound, ordered(y, results.get(0), B, J, T, R, E));
    near(what + " lse", expected.lse, expected.lseBound, ordered(lse, results.get(1), B, J, T, R));
  }

  private void near(String what, double[] expected, double[] bound, double[] given) {
    assertTrue(expected.length == given.length, what);
    for (int i = 0; i < expected.length; i++) {
      boolean same = expected[i] == given[i] || Math.abs(expected[i] - given[i]) <= bound[i];
      int place = i;
      assertTrue(
          same,
          () ->
              String.format(
                  Locale.ROOT,
                  "%s[%d]: must be %s, got %s, bound %s\n%s",
                  what,
                  place,
                  expected[place],
                  given[place],
                  bound[place],
                  program));
    }
  }

  /** Sums of y and lse with given weights: the function of which gradients are checked. */
  double loss(double[][] qkv, double[] yWeights, double[] lseWeights) {
    Expected found = expected(qkv[0], qkv[1], qkv[2]);
    double loss = 0;
    for (int i = 0; i < yWeights.length; i++) {
      loss += yWeights[i] * found.y[i];
    }
    for (int i = 0; i < lseWeights.length; i++) {
      loss += found.lse[i] == Double.NEGATIVE_INFINITY ? 0 : lseWeights[i] * found.lse[i];
    }
    return loss;
  }

  /** By central differences: the gradients by q, k and v. */
  double[][] gradients(double[] yWeights, double[] lseWeights) {
    double[][] gradients = new double[3][];
    double step = 1e-5;
    for (int i = 0; i < 3; i++) {
      gradients[i] = new double[values[i].length];
      for (int at = 0; at < gradients[i].length; at++) {
        double[][] moved = {values[0].clone(), values[1].clone(), values[2].clone()};
        moved[i][at] += step;
        double up = loss(moved, yWeights, lseWeights);
        moved[i][at] -= 2 * step;
        gradients[i][at] = (up - loss(moved, yWeights, lseWeights)) / (2 * step);
      }
    }
    return gradients;
  }

  /** Weights of results: tensors with the labels of the results, and arrays in this order. */
  record Weights(List<Tensor> tensors, List<double[]> flat) {}

  Weights weights() {
    Weights all = new Weights(new ArrayList<>(), new ArrayList<>());
    for (Value output : program.outputs()) {
      ValueType type = output.type();
      double[] drawn =
          random.doubles(type.shape().elementCount(), -1, 1).map(x -> (float) x).toArray();
      long[] shape = type.sizes().stream().mapToLong(size -> size).toArray();
      Tensor weights = Tensor.of(drawn, drawn.length).convert(type.dtype()).reshape(shape);
      all.tensors.add(weights);
      all.flat.add(
          type.axis("E") >= 0
              ? ordered(type, weights, B, J, T, R, E)
              : ordered(type, weights, B, J, T, R));
    }
    return all;
  }

  /** The labels of an operand. */
  static int[] labels(int operand) {
    return OPERANDS[operand].clone();
  }
}
