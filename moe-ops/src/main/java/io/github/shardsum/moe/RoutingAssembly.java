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
  private final List<GroupRouting> groups;
  private final int slots;
  private final int[] experts;
  private final int[] positions;
  private final double[] weights;

  private RoutingAssembly(RoutingCall call, List<GroupRouting> groups) {
    this.call = call;
    this.groups = groups;
    this.slots = slots();
    int choices = Checks.arrayLength("gating: choices", call.groups(), call.tokens(), slots);
    this.experts = new int[choices];
    this.positions = new int[choices];
    this.weights = new double[choices];
    Arrays.fill(experts, -1);
    Arrays.fill(positions, -1);
    for (int group = 0; group < call.groups(); group++) {
      for (int token = 0; token < call.tokens(); token++) {
        gather(groups.get(group), token, (group * call.tokens() + token) * slots);
      }
    }
  }

  static Routing assemble(RoutingCall call, List<GroupRouting> groups, int capacity) {
    RoutingAssembly assembly = new RoutingAssembly(call, groups);
    Tensor weights = assembly.weights();
    Shape shape = Shape.of(call.groups(), call.tokens(), call.experts(), capacity);
    Tensor positions = assembly.choiceTensor(assembly.positions);
    RoutingTensor combine = RoutingTensor.of(shape, positions, weights);
    Tensor ones = Tensor.full(weights.dtype(), 1).broadcastTo(weights.shape());
    return new Routing(
        combine,
        combine.withWeights(ones),
        assembly.choiceTensor(assembly.experts),
        capacity,
        assembly.metrics());
  }

  /** k; where experts choose, the most that took one token. */
  private int slots() {
    if (call.options().router() instanceof Router.TokenChoice(int choices)) {
      return choices;
    }
    int most = 1;
    for (GroupRouting group : groups) {
      for (int token = 0; token < call.tokens(); token++) {
        int used = 0;
        for (int at = token * group.slots(); at < (token + 1) * group.slots(); at++) {
          used += group.experts()[at] >= 0 ? 1 : 0;
        }
        most = Math.max(most, used);
      }
    }
    return most;
  }

  /** A token's choices; where experts choose, without the slots of those that did not take it. */
  private void gather(GroupRouting group, int token, int to) {
    boolean compact = group.setup().expertsChoose();
    int next = to;
    for (int at = token * group.slots(); at < (token + 1) * group.slots(); at++) {
      if (!compact || group.experts()[at] >= 0) {
        experts[next] = group.experts()[at];
        positions[next] = group.positions()[at];
        weights[next++] = group.weights()[at];
      }
    }
  }

  private Tensor choiceTensor(int[] values) {
    return Tensor.of(values, call.groups(), call.tokens(), slots);
  }

  private Tensor weights() {
    Tensor all = Tensor.of(weights, call.groups(), call.tokens(), slots);
    DType dtype = call.input().scores().dtype();
    return dtype == DType.F64 ? all : all.convert(dtype);
  }

  private GatingMetrics metrics() {
    int[] used = new int[call.groups() * call.tokens()];
    for (int at = 0; at < positions.length; at++) {
      used[at / slots] += positions[at] >= 0 ? 1 : 0;
    }
    long real = 0;
    long dropped = 0;
    for (int at = 0; at < used.length; at++) {
      int isReal = groups.get(at / call.tokens()).real()[at % call.tokens()];
      real += isReal;
      dropped += used[at] == 0 ? isReal : 0;
    }
    Losses losses = Losses.of(call, groups);
    return new GatingMetrics(
        perExpert(GroupRouting::firstChoices),
        perExpert(GroupRouting::load),
        losses.meanGates(),
        losses.auxLoss(),
        losses.zLoss(),
        Tensor.of(used, call.groups(), call.tokens()),
        real,
        dropped,
        groups.stream().mapToLong(GroupRouting::overflow).sum());
  }

  private Tensor perExpert(Function<GroupRouting, int[]> part) {
    int[] all = new int[call.groups() * call.experts()];
    for (int group = 0; group < call.groups(); group++) {
      System.arraycopy(
          part.apply(groups.get(group)), 0, all, group * call.experts(), call.experts());
    }
    return Tensor.of(all, call.groups(), call.experts());
  }
}
