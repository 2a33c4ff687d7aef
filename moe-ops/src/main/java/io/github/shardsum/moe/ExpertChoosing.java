package io.github.shardsum.moe;

import java.util.Arrays;

/** Lets the experts of one group take their tokens: the highest gate first, ties in token order. */
final class ExpertChoosing {
  private ExpertChoosing() {}

  static void place(GroupRouting routing, int capacity) {
    int experts = routing.setup().experts();
    int choices = routing.tokens() * routing.slots();
    Arrays.fill(routing.experts(), 0, choices, -1);
    Arrays.fill(routing.states(), 0, choices, 0);
    Arrays.fill(routing.positions(), 0, choices, -1);
    for (int expert = 0; expert < experts; expert++) {
      take(routing, expert, capacity);
    }
  }

  private static void take(GroupRouting routing, int expert, int capacity) {
    int count = 0;
    for (int token = 0; token < routing.tokens(); token++) {
      if (GroupRouting.isOpen(routing.gate(token, expert))) {
        routing.order()[count++] = token;
      }
    }
    int[] order =
        Ranking.descending(
            routing.order(), routing.spare(), count, token -> routing.gate(token, expert));
    int taken = Math.min(capacity, count);
    for (int slot = 0; slot < taken; slot++) {
      int at = order[slot] * routing.slots() + expert;
      routing.experts()[at] = expert;
      routing.states()[at] = GroupRouting.WANTED;
      routing.positions()[at] = expert * capacity + slot;
    }
    routing.firstChoices()[expert] = taken;
    routing.load()[expert] = taken;
  }
}
