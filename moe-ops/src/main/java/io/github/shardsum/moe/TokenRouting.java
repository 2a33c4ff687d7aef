package io.github.shardsum.moe;

import java.util.Arrays;
import java.util.List;

/** Routes groups whose tokens choose their experts. */
final class TokenRouting {
  private TokenRouting() {}

  static List<GroupChoices> choose(RoutingCall call) {
    return call.eachGroup(
        group -> {
          GroupSoftmax softmax = GroupSoftmax.of(call.input(), call.options(), group);
          return TokenChoosing.choose(call.options(), softmax, call.uniform(), group);
        });
  }

  static int capacity(RoutingCall call, List<GroupChoices> groups) {
    int choices = call.options().router().choices();
    return call.checkedCapacity(
        switch (call.options().capacity()) {
          case Capacity.Fixed(int slots) -> slots;
          case Capacity.Factor factor -> factor.slots(choices, call.tokens(), call.experts());
          case Capacity.LargestLoad largest ->
              largest.slots(groups.stream().mapToInt(GroupChoices::largestLoad).max().orElse(0));
        });
  }

  static List<RoutedGroup> place(RoutingCall call, List<GroupChoices> groups, int capacity) {
    return call.eachGroup(group -> place(call, groups.get(group), capacity));
  }

  private static RoutedGroup place(RoutingCall call, GroupChoices choices, int capacity) {
    int[] positions = new int[choices.experts().length];
    Arrays.fill(positions, -1);
    long overflow = SlotPlacing.place(call.options(), choices, capacity, positions);
    RoutedGroup routed =
        new RoutedGroup(
            choices.softmax(),
            choices.slots(),
            choices.experts(),
            positions,
            new double[positions.length],
            choices.firstChoices(),
            choices.load(),
            overflow);
    routed.weigh(call.options(), call.input().scores().dtype());
    return routed;
  }
}
