package io.github.shardsum.internal.moe.route;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** Gives the choices of one group their slots. */
final class Slots {
  private final GroupRoute route;
  private final int capacity;
  private final int tokens;
  private final int choices;

  private Slots(GroupRoute route, int capacity) {
    this.route = route;
    this.capacity = capacity;
    this.tokens = route.tokens();
    this.choices = route.slots();
  }

  /**
   * Writes the position of each choice that finds a slot, and marks choices whose expert is full.
   */
  static void place(GroupRoute route, int capacity) {
    Arrays.fill(route.taken(), 0, route.setup().experts(), 0);
    Slots slots = new Slots(route, capacity);
    int[] order = route.order();
    for (int i = 0; i < route.setup().orderLength(); i++) {
      order[i] = i;
    }
    switch (route.setup().options().slotOrder()) {
      case CHOICE_MAJOR -> slots.placeChoiceMajor(order);
      case TOKEN_MAJOR -> slots.placeTokenMajor();
      case BATCH_PRIORITIZED -> slots.placeChoiceMajor(slots.byFirstGate(order));
      case GATE -> slots.placeByGate(order);
    }
  }

  private int[] byFirstGate(int[] order) {
    return descending(order, route.spare(), tokens, token -> route.chosenGate(token * choices));
  }

  private void placeChoiceMajor(int[] order) {
    for (int slot = 0; slot < choices; slot++) {
      for (int i = 0; i < tokens; i++) {
        place(order[i] * choices + slot);
      }
    }
  }

  private void placeTokenMajor() {
    for (int at = 0; at < tokens * choices; at++) {
      place(at);
    }
  }

  private void placeByGate(int[] order) {
    int count = tokens * choices;
    int[] sorted = descending(order, route.spare(), count, route::chosenGate);
    for (int i = 0; i < count; i++) {
      place(sorted[i]);
    }
  }

  private void place(int at) {
    int expert = route.experts()[at];
    route.positions()[at] = -1;
    if (!route.asksForSlot(at)) {
      return;
    }
    int slot = route.taken()[expert]++;
    if (route.isAccepted(at)) {
      if (slot < capacity) {
        route.positions()[at] = expert * capacity + slot;
      } else {
        route.states()[at] = GroupRoute.FULL;
      }
    }
  }

  /**
   * Sorts indices by descending key, NaN first; equal keys keep their order. It is a bottom-up
   * merge sort, because the JDK cannot sort an int[] by a key without boxing.
   *
   * @param indices the indices to sort, overwritten
   * @param spare another array, overwritten
   * @param count the number of indices
   * @param key the key of an index
   * @return the one of the two arrays that holds the sorted indices
   */
  static int[] descending(int[] indices, int[] spare, int count, IntToDoubleFunction key) {
    int[] from = indices;
    int[] to = spare;
    for (long width = 1; width < count; width *= 2) {
      for (long start = 0; start < count; start += 2 * width) {
        int middle = (int) Math.min(start + width, count);
        int end = (int) Math.min(start + 2 * width, count);
        merge(from, to, (int) start, middle, end, key);
      }
      int[] sorted = to;
      to = from;
      from = sorted;
    }
    return from;
  }

  private static void merge(
      int[] from, int[] to, int start, int middle, int end, IntToDoubleFunction key) {
    int left = start;
    int right = middle;
    for (int at = start; at < end; at++) {
      boolean takeLeft =
          right >= end
              || (left < middle
                  && !isBefore(key.applyAsDouble(from[right]), key.applyAsDouble(from[left])));
      to[at] = takeLeft ? from[left++] : from[right++];
    }
  }

  private static boolean isBefore(double x, double y) {
    return x > y || (Double.isNaN(x) && !Double.isNaN(y));
  }
}
