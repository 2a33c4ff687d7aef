package io.github.shardsum.moe;

import java.util.Arrays;
import java.util.List;

/** Routes groups whose experts choose their tokens. */
final class ExpertRouting {
  private ExpertRouting() {}

  static int capacity(RoutingCall call) {
    int choices = call.options().router().choices();
    return call.checkedCapacity(
        switch (call.options().capacity()) {
          case Capacity.Fixed(int slots) -> slots;
          case Capacity.Factor factor -> factor.slots(choices, call.tokens(), call.experts());
          case Capacity.LargestLoad _ ->
              throw new IllegalStateException("refused by GatingOptions");
        });
  }

  static List<RoutedGroup> route(RoutingCall call, int capacity) {
    return call.eachGroup(
        group -> {
          GroupSoftmax softmax = GroupSoftmax.of(call.input(), call.options(), group);
          RoutedGroup routed = place(softmax, chosenTokens(softmax, capacity), capacity);
          routed.weigh(call.options(), call.input().scores().dtype());
          return routed;
        });
  }

  /**
   * For each expert the tokens of its highest gates.
   *
   * @return {@code [E][at most capacity]}: the highest gate first, ties in token order
   */
  private static int[][] chosenTokens(GroupSoftmax softmax, int capacity) {
    int[] candidates = softmax.realTokens();
    int[][] taken = new int[softmax.experts()][];
    for (int i = 0; i < taken.length; i++) {
      int expert = i;
      int[] order = Ranking.descending(candidates, token -> softmax.gate(token, expert));
      taken[expert] = Arrays.copyOf(order, Math.min(capacity, order.length));
    }
    return taken;
  }

  private static RoutedGroup place(GroupSoftmax softmax, int[][] taken, int capacity) {
    int slots = mostExperts(softmax, taken);
    int[] experts = new int[softmax.tokens() * slots];
    int[] positions = new int[experts.length];
    int[] used = new int[softmax.tokens()];
    int[] load = new int[taken.length];
    Arrays.fill(experts, -1);
    Arrays.fill(positions, -1);
    for (int expert = 0; expert < taken.length; expert++) {
      load[expert] = taken[expert].length;
      for (int slot = 0; slot < taken[expert].length; slot++) {
        int token = taken[expert][slot];
        int at = token * slots + used[token]++;
        experts[at] = expert;
        positions[at] = expert * capacity + slot;
      }
    }
    return new RoutedGroup(
        softmax, slots, experts, positions, new double[experts.length], load, load, 0);
  }

  private static int mostExperts(GroupSoftmax softmax, int[][] taken) {
    int[] used = new int[softmax.tokens()];
    int most = 1;
    for (int[] tokens : taken) {
      for (int token : tokens) {
        most = Math.max(most, ++used[token]);
      }
    }
    return most;
  }
}
