package io.github.shardsum.internal.moe.route;

import java.util.Arrays;

/** Lets the experts of one group take their tokens: the highest gate first, ties in token order. */
final class ExpertRouter {
  private ExpertRouter() {}

  static void place(GroupRoute route, int capacity) {
    int experts = route.setup().experts();
    int choices = route.tokens() * route.slots();
    Arrays.fill(route.experts(), 0, choices, -1);
    Arrays.fill(route.states(), 0, choices, 0);
    Arrays.fill(route.positions(), 0, choices, -1);
    for (int expert = 0; expert < experts; expert++) {
      take(route, expert, capacity);
    }
  }

  private static double gate(GroupRoute route, int token, int expert) {
    return route.gates()[token * route.setup().experts() + expert];
  }

  private static void take(GroupRoute route, int expert, int capacity) {
    int count = 0;
    for (int token = 0; token < route.tokens(); token++) {
      if (route.isReal(token) && GroupRoute.isOpen(gate(route, token, expert))) {
        route.order()[count++] = token;
      }
    }
    int[] order =
        Slots.descending(route.order(), route.spare(), count, token -> gate(route, token, expert));
    int taken = Math.min(capacity, count);
    for (int slot = 0; slot < taken; slot++) {
      int at = order[slot] * route.slots() + expert;
      route.experts()[at] = expert;
      route.states()[at] = GroupRoute.ACCEPTED;
      route.positions()[at] = expert * capacity + slot;
    }
    route.firstChoices()[expert] = taken;
    route.load()[expert] = taken;
  }
}
