package io.github.shardsum.moe;

import java.util.Arrays;

/** Gives the choices of one group their slots. */
final class SlotPlacing {
  private final GroupRouting routing;
  private final int capacity;
  private final int tokens;
  private final int slots;

  private SlotPlacing(GroupRouting routing, int capacity) {
    this.routing = routing;
    this.capacity = capacity;
    this.tokens = routing.tokens();
    this.slots = routing.slots();
  }

  /** Writes the position of each choice that finds a slot, and marks those that do not. */
  static void place(GroupRouting routing, int capacity) {
    Arrays.fill(routing.taken(), 0, routing.setup().experts(), 0);
    SlotPlacing placing = new SlotPlacing(routing, capacity);
    int[] order = routing.order();
    for (int token = 0; token < placing.tokens; token++) {
      order[token] = token;
    }
    switch (routing.setup().options().slotOrder()) {
      case CHOICE_MAJOR -> placing.placeChoiceMajor(order);
      case TOKEN_MAJOR -> placing.placeTokenMajor();
      case BATCH_PRIORITIZED -> placing.placeChoiceMajor(placing.byFirstGate(order));
    }
  }

  private int[] byFirstGate(int[] order) {
    return Ranking.descending(
        order, routing.spare(), tokens, token -> routing.chosenGate(token * slots));
  }

  private void placeChoiceMajor(int[] order) {
    for (int slot = 0; slot < slots; slot++) {
      for (int i = 0; i < tokens; i++) {
        place(order[i] * slots + slot);
      }
    }
  }

  private void placeTokenMajor() {
    for (int at = 0; at < tokens * slots; at++) {
      place(at);
    }
  }

  private void place(int at) {
    int expert = routing.experts()[at];
    routing.positions()[at] = -1;
    if (!routing.asksForSlot(at)) {
      return;
    }
    int slot = routing.taken()[expert]++;
    if (routing.isWanted(at)) {
      if (slot < capacity) {
        routing.positions()[at] = expert * capacity + slot;
      } else {
        routing.states()[at] = GroupRouting.FULL;
      }
    }
  }
}
