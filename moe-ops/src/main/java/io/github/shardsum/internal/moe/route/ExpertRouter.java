package io.github.shardsum.internal.moe.route;

import java.util.Arrays;

/**
 * Lets the experts of one group take their tokens, the highest gate first; ties go in token order.
 */
final class ExpertRouter {
  private final GroupRoute route;
  private final RouteOperands operands;
  private final int group;

  ExpertRouter(GroupRoute route, RouteOperands operands, int group) {
    this.route = route;
    this.operands = operands;
    this.group = group;
  }

  void place(int capacity) {
    int experts = route.setup().experts();
    int choices = route.tokens() * route.slots();
    Arrays.fill(route.experts(), 0, choices, -1);
    Arrays.fill(route.states(), 0, choices, 0);
    Arrays.fill(route.positions(), 0, choices, -1);
    for (int expert = 0; expert < experts; expert++) {
      take(expert, capacity);
    }
  }

  private double gate(int token, int expert) {
    return route.gates()[token * route.setup().experts() + expert];
  }

  /** The key by which an expert ranks tokens. */
  private double key(int token, int expert) {
    return route.setup().choosesByLogits()
        ? operands.scores().get(group, token, expert)
        : gate(token, expert);
  }

  private void take(int expert, int capacity) {
    int count = 0;
    for (int token = 0; token < route.tokens(); token++) {
      if (route.isReal(token) && GroupRoute.isOpen(gate(token, expert))) {
        route.order()[count++] = token;
      }
    }
    int[] order =
        Slots.descending(route.order(), route.spare(), count, token -> key(token, expert));
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
