package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The experts of a layer on given choices, as a program and by their definition: plain loops over
 * choices, each by itself.
 *
 * @param groups G
 * @param tokens S
 * @param choices K
 * @param experts E
 * @param model M
 * @param hidden H
 * @param activation between the products
 * @param biased whether there are biases
 * @param chosen the expert of each choice, -1 of one that is not sent
 * @param inputs small integers: x, weights of choices, then the experts' weights, then dy
 */
record ExpertRows(
    int groups,
    int tokens,
    int choices,
    int experts,
    int model,
    int hidden,
    Activation activation,
    boolean biased,
    int[] chosen,
    List<double[]> inputs) {

  /** How choices are shared out among experts. */
  enum Load {
    BALANCED,
    ONE_HAS_HALF,
    LAST_HAS_ALL,
    HALF_ARE_EMPTY,
    ONE_HAS_ONE_ROW,
    ALL_BUT_TWO_HAVE_ONE_ROW,
    TWO_HAVE_ALL,
    ALTERNATELY_ONE_AND_THREE,
    ZIPF,
    IN_PROPORTION,
    NONE_IS_SENT,
    A_GROUP_IS_EMPTY,
    RANDOM;

    int expert(int choice, int experts, int ofGroup, Random random) {
      return switch (this) {
        case BALANCED -> choice % experts;
        case ONE_HAS_HALF -> choice % 2 == 0 ? 0 : choice / 2 % experts;
        case LAST_HAS_ALL -> experts - 1;
        case HALF_ARE_EMPTY -> choice % Math.max(1, experts / 2) * 2 % experts;
        case ONE_HAS_ONE_ROW -> choice == 0 ? experts - 1 : choice % Math.max(1, experts - 1);
        case ALL_BUT_TWO_HAVE_ONE_ROW ->
            choice < experts - 2 ? choice + 2 : choice % Math.min(2, experts);
        case TWO_HAVE_ALL -> choice % Math.min(2, experts);
        case ALTERNATELY_ONE_AND_THREE -> {
          int pair = choice / 4 % Math.max(1, experts / 2);
          yield Math.min(experts - 1, 2 * pair + (choice % 4 == 0 ? 0 : 1));
        }
        case ZIPF -> drawn(experts, random, expert -> 1.0 / (expert + 1));
        case IN_PROPORTION -> drawn(experts, random, expert -> expert + 1.0);
        case NONE_IS_SENT -> -1;
        case A_GROUP_IS_EMPTY -> choice / ofGroup == 0 ? -1 : choice % experts;
        case RANDOM -> random.nextInt(experts + 1) - 1;
      };
    }

    private static int drawn(int experts, Random random, IntToDoubleFunction share) {
      double left = random.nextDouble() * IntStream.range(0, experts).mapToDouble(share).sum();
      int expert = 0;
      while (expert < experts - 1 && left >= share.applyAsDouble(expert)) {
        left -= share.applyAsDouble(expert++);
      }
      return expert;
    }
  }

  static ExpertRows of(int[] sizes, Activation activation, boolean biased, Load load, long seed) {
    Random random = new Random(seed);
    int all = sizes[0] * sizes[1] * sizes[2];
    int[] chosen = new int[all];
    for (int at = 0; at < all; at++) {
      chosen[at] = load.expert(at, sizes[3], sizes[1] * sizes[2], random);
    }
    return of(sizes, activation, biased, chosen, random);
  }

  static ExpertRows of(
      int[] sizes, Activation activation, boolean biased, int[] chosen, Random random) {
    ExpertRows empty =
        new ExpertRows(
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3],
            sizes[4],
            sizes[5],
            activation,
            biased,
            chosen,
            List.of());
    List<double[]> inputs = new ArrayList<>();
    for (Value input : empty.program().inputs()) {
      if (!input.name().equals("positions")) {
        int count = (int) input.type().shape().elementCount();
        inputs.add(random.ints(count, -3, 4).asDoubleStream().toArray());
      }
    }
    inputs.add(random.ints(inputs.getFirst().length, -3, 4).asDoubleStream().toArray());
    return new ExpertRows(
        sizes[0],
        sizes[1],
        sizes[2],
        sizes[3],
        sizes[4],
        sizes[5],
        activation,
        biased,
        chosen,
        inputs);
  }

  private int capacity() {
    return tokens * choices;
  }

  private ValueType type(DType dtype, String letters) {
    Map<String, Long> sizes =
        Map.of(
            "G", (long) groups,
            "S", (long) tokens,
            "K", (long) choices,
            "E", (long) experts,
            "M", (long) model,
            "H", (long) hidden);
    List<String> labels = letters.chars().mapToObj(Character::toString).toList();
    return ValueType.of(dtype, labels, labels.stream().map(sizes::get).toList());
  }

  /** Forward. */
  Program program() {
    ProgramBuilder p = Program.builder("experts");
    Value x = p.input("x", type(DType.F64, "GSM"));
    Value scale = p.input("scale", type(DType.F64, "GSK"));
    Value positions = p.input("positions", type(DType.I32, "GSK"));
    ExpertWeights<Value> weights =
        ExpertWeights.of(
            activation.isGated(),
            biased,
            (name, letters) -> p.input(name, type(DType.F64, letters)));
    LayerComposites layer = new LayerComposites(p, activation, experts, capacity(), DType.F64);
    p.output("y", layer.experts(x, scale, positions, weights));
    return p.build();
  }

  /** Forward and backward, with experts on x, their hidden width on m and groups on d and x. */
  Program onMesh(Mesh mesh) {
    Program forward = program();
    String data = mesh.axisNames().contains("d") ? "G@d.x" : "G@x";
    String inner = mesh.axisNames().contains("m") ? "H@m" : "H";
    Map<String, String> layouts = new HashMap<>();
    List<String> by = new ArrayList<>();
    for (Value input : forward.inputs()) {
      layouts.put(
          input.name(),
          String.join(" ", input.type().names())
              .replace("G", data)
              .replace("E", "E@x")
              .replace("H", inner));
      if (input.type().dtype().isFloating()) {
        by.add(input.name());
      }
    }
    layouts.put("y", data + " S M");
    return Gradients.valueAndPullback(Annotations.of(layouts).apply(forward), List.of("y"), by);
  }

  /** The inputs of {@link #onMesh}. */
  List<Tensor> tensors(Program program) {
    List<double[]> values = new ArrayList<>(inputs);
    values.add(2, positions());
    List<Tensor> all = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] of = values.get(all.size());
      all.add(
          Tensor.of(of, of.length)
              .reshape(input.type().shape().toArray())
              .convert(input.type().dtype()));
    }
    return all;
  }

  /** Slots of an expert in the order of a group's choices. */
  private double[] positions() {
    double[] positions = new double[chosen.length];
    int[] next = new int[groups * experts];
    for (int at = 0; at < chosen.length; at++) {
      int group = at / (tokens * choices);
      positions[at] =
          chosen[at] < 0 ? -1 : chosen[at] * capacity() + next[group * experts + chosen[at]]++;
    }
    return positions;
  }

  /** Outputs and gradients, in the order of the program's outputs. */
  List<double[]> expected() {
    List<double[]> gradients = new ArrayList<>();
    inputs.forEach(input -> gradients.add(new double[input.length]));
    double[] y = gradients.removeLast();
    for (int choice = 0; choice < chosen.length; choice++) {
      if (chosen[choice] >= 0) {
        add(choice, y, gradients);
      }
    }
    gradients.addFirst(y);
    return gradients;
  }

  /** Index of a weight among inputs; that of a bias behind matrices. */
  private int at(String name) {
    List<String> names = new ArrayList<>(List.of("x", "scale"));
    ExpertWeights.of(activation.isGated(), biased, (each, _) -> names.add(each));
    return names.indexOf(name);
  }

  private double bias(String name, int index) {
    return biased ? inputs.get(at(name))[index] : 0;
  }

  private void add(int choice, double[] y, List<double[]> gradients) {
    int e = chosen[choice];
    int token = choice / choices;
    double scale = inputs.get(1)[choice];
    double[] x = Arrays.copyOfRange(inputs.getFirst(), token * model, (token + 1) * model);
    double[] dy = Arrays.copyOfRange(inputs.getLast(), token * model, (token + 1) * model);
    double[] wi = inputs.get(at("wi"));
    double[] wo = inputs.get(at("wo"));
    double[] wv = activation.isGated() ? inputs.get(at("wv")) : new double[wi.length];
    for (int m = 0; m < model; m++) {
      y[token * model + m] += scale * bias("b_out", e * model + m);
      gradients.get(1)[choice] += dy[m] * bias("b_out", e * model + m);
      if (biased) {
        gradients.get(at("b_out"))[e * model + m] += scale * dy[m];
      }
    }
    for (int h = 0; h < hidden; h++) {
      double z = bias("b_in", e * hidden + h);
      double v = activation.isGated() ? bias("b_v", e * hidden + h) : 1;
      double dh = 0;
      for (int m = 0; m < model; m++) {
        z += x[m] * wi[(e * model + m) * hidden + h];
        v += x[m] * wv[(e * model + m) * hidden + h];
        dh += dy[m] * wo[(e * hidden + h) * model + m];
      }
      v = activation.isGated() ? v : 1;
      double f = function(z);
      double dz = scale * dh * derivative(z) * v;
      double dv = scale * dh * f;
      gradients.get(1)[choice] += f * v * dh;
      for (int m = 0; m < model; m++) {
        int in = (e * model + m) * hidden + h;
        int out = (e * hidden + h) * model + m;
        y[token * model + m] += scale * f * v * wo[out];
        gradients.get(at("wo"))[out] += scale * f * v * dy[m];
        gradients.get(at("wi"))[in] += dz * x[m];
        gradients.getFirst()[token * model + m] += dz * wi[in];
        if (activation.isGated()) {
          gradients.get(at("wv"))[in] += dv * x[m];
          gradients.getFirst()[token * model + m] += dv * wv[in];
        }
      }
      if (biased) {
        gradients.get(at("b_in"))[e * hidden + h] += dz;
      }
      if (biased && activation.isGated()) {
        gradients.get(at("b_v"))[e * hidden + h] += dv;
      }
    }
  }

  private double function(double z) {
    return switch (activation) {
      case RELU -> Math.max(0, z);
      case GELU -> z / 2 * (1 + Math.tanh(inner(z)));
      case SILU, SWIGLU -> z / (1 + Math.exp(-z));
    };
  }

  private static double inner(double z) {
    return Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z);
  }

  private double derivative(double z) {
    double sigmoid = 1 / (1 + Math.exp(-z));
    double tanh = Math.tanh(inner(z));
    return switch (activation) {
      case RELU -> z > 0 ? 1 : 0;
      case GELU ->
          (1 + tanh) / 2
              + z / 2 * (1 - tanh * tanh) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * z * z);
      case SILU, SWIGLU -> sigmoid * (1 + z * (1 - sigmoid));
    };
  }
}
