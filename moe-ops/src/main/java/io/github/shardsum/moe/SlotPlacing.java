package io.github.shardsum.moe;

import java.util.stream.IntStream;

/** Gives the choices of one group their slots. */
final class SlotPlacing {
  private final GatingOptions options;
  private final GroupChoices choices;
  private final int capacity;
  private final int[] taken;
  private final int[] positions;
  private long overflow;

  private SlotPlacing(GatingOptions options, GroupChoices choices, int capacity, int[] positions) {
    this.options = options;
    this.choices = choices;
    this.capacity = capacity;
    this.taken = new int[choices.softmax().experts()];
    this.positions = positions;
  }

  /**
   * Writes the position of each choice that finds a slot.
   *
   * @return choices that found their expert full
   */
  static long place(GatingOptions options, GroupChoices choices, int capacity, int[] positions) {
    SlotPlacing placing = new SlotPlacing(options, choices, capacity, positions);
    int[] tokens = IntStream.range(0, choices.softmax().tokens()).toArray();
    switch (options.slotOrder()) {
      case CHOICE_MAJOR -> placing.placeChoiceMajor(tokens);
      case TOKEN_MAJOR -> placing.placeTokenMajor(tokens);
      case BATCH_PRIORITIZED ->
          placing.placeChoiceMajor(Ranking.descending(tokens, token -> choices.gate(token, 0)));
    }
    return placing.overflow;
  }

  private void placeChoiceMajor(int[] tokens) {
    for (int slot = 0; slot < choices.slots(); slot++) {
      for (int token : tokens) {
        place(token * choices.slots() + slot);
      }
    }
  }

  private void placeTokenMajor(int[] tokens) {
    for (int token : tokens) {
      for (int slot = 0; slot < choices.slots(); slot++) {
        place(token * choices.slots() + slot);
      }
    }
  }

  private void place(int at) {
    int expert = choices.experts()[at];
    if (expert < 0 || !choices.asksForSlot(options, at)) {
      return;
    }
    int slot = taken[expert]++;
    if (choices.wanted()[at]) {
      if (slot < capacity) {
        positions[at] = expert * capacity + slot;
      } else {
        overflow++;
      }
    }
  }
}
