package io.github.shardsum.moe;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Puts the routings of groups together into tensors, with the losses and counts. */
final class RoutingAssembly {
  private final RoutingCall call;
  private final List<RoutedGroup> groups;
  private final int slots;

  private RoutingAssembly(RoutingCall call, List<RoutedGroup> groups) {
    this.call = call;
    this.groups = groups;
    this.slots = groups.stream().mapToInt(RoutedGroup::slots).max().orElse(1);
  }

  static Routing assemble(RoutingCall call, List<RoutedGroup> groups, int capacity) {
    RoutingAssembly assembly = new RoutingAssembly(call, groups);
    int[] positions = assembly.perChoice(RoutedGroup::positions);
    Tensor weights = assembly.weights();
    Shape shape = Shape.of(call.groups(), call.tokens(), call.experts(), capacity);
    RoutingTensor combine = RoutingTensor.of(shape, assembly.choiceTensor(positions), weights);
    Tensor ones = Tensor.full(weights.dtype(), 1).broadcastTo(weights.shape());
    return new Routing(
        combine,
        combine.withWeights(ones),
        assembly.choiceTensor(assembly.perChoice(RoutedGroup::experts)),
        capacity,
        assembly.metrics(positions));
  }

  private Tensor choiceTensor(int[] values) {
    return Tensor.of(values, call.groups(), call.tokens(), slots);
  }

  /** One int a choice of all groups, -1 where a group has fewer choices than another. */
  private int[] perChoice(Function<RoutedGroup, int[]> part) {
    int[] all = new int[Checks.arrayLength("gating: choices", call.groups(), call.tokens(), slots)];
    Arrays.fill(all, -1);
    for (int group = 0; group < call.groups(); group++) {
      int[] values = part.apply(groups.get(group));
      int width = groups.get(group).slots();
      for (int token = 0; token < call.tokens(); token++) {
        int to = (group * call.tokens() + token) * slots;
        System.arraycopy(values, token * width, all, to, width);
      }
    }
    return all;
  }

  private Tensor weights() {
    double[] all = new double[call.groups() * call.tokens() * slots];
    for (int group = 0; group < call.groups(); group++) {
      double[] values = groups.get(group).weights();
      int width = groups.get(group).slots();
      for (int token = 0; token < call.tokens(); token++) {
        int to = (group * call.tokens() + token) * slots;
        System.arraycopy(values, token * width, all, to, width);
      }
    }
    Tensor weights = Tensor.of(all, call.groups(), call.tokens(), slots);
    DType dtype = call.input().scores().dtype();
    return dtype == DType.F64 ? weights : weights.convert(dtype);
  }

  private GatingMetrics metrics(int[] positions) {
    int[] used = new int[call.groups() * call.tokens()];
    for (int at = 0; at < positions.length; at++) {
      used[at / slots] += positions[at] >= 0 ? 1 : 0;
    }
    long real = 0;
    long dropped = 0;
    for (int at = 0; at < used.length; at++) {
      boolean isReal = groups.get(at / call.tokens()).softmax().real()[at % call.tokens()];
      real += isReal ? 1 : 0;
      dropped += isReal && used[at] == 0 ? 1 : 0;
    }
    Losses losses = Losses.of(call, groups);
    return new GatingMetrics(
        perExpert(RoutedGroup::firstChoices),
        perExpert(RoutedGroup::load),
        losses.meanGates(),
        losses.auxLoss(),
        losses.zLoss(),
        Tensor.of(used, call.groups(), call.tokens()),
        real,
        dropped,
        groups.stream().mapToLong(RoutedGroup::overflow).sum());
  }

  private Tensor perExpert(Function<RoutedGroup, int[]> part) {
    int[] all = new int[call.groups() * call.experts()];
    for (int group = 0; group < call.groups(); group++) {
      System.arraycopy(
          part.apply(groups.get(group)), 0, all, group * call.experts(), call.experts());
    }
    return Tensor.of(all, call.groups(), call.experts());
  }
}
