package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * The order of dispatched rows, and its inverse. The order is a stable sort of the sent choices by
 * expert, then group, token and choice, so the rows of each expert are consecutive.
 *
 * @param rows the row of each choice, {@code [G, S, K]}; -1 if the choice is not sent to an expert
 *     on this device
 * @param choices the choice of each row: an index into {@code [G, S, K]}
 * @param starts the first row of each expert, and at the end the number of all rows
 * @param slots K
 */
record DispatchOrder(int[] rows, int[] choices, int[] starts, int slots) {
  /**
   * Sorts by counting. A choice of an expert that is not on this device counts as not sent.
   *
   * @param positions {@code [G, S, K]}: {@code expert * C + slot}, or -1
   * @param first the first expert on this device
   * @param experts the number of experts on this device
   */
  static DispatchOrder of(
      Tensor positions, long first, int experts, int capacity, Scratch scratch) {
    int groups = (int) positions.size(0);
    int tokens = (int) positions.size(1);
    int slots = (int) positions.size(2);
    int all = groups * tokens * slots;
    int[] rows = scratch.ints(ExpertScratchArray.ROW_OF_CHOICE.slot(), all);
    int[] starts = scratch.ints(ExpertScratchArray.EXPERT_STARTS.slot(), experts + 1);
    int[] next = scratch.ints(ExpertScratchArray.EXPERT_NEXT.slot(), experts);
    double[] numbers = scratch.doubles(ExpertScratchArray.POSITIONS.slot(), slots);
    TokenElements given = TokenElements.of(positions);
    Arrays.fill(starts, 0, experts + 1, 0);
    for (int group = 0, at = 0; group < groups; group++) {
      for (int token = 0; token < tokens; token++) {
        given.load(group, token, numbers, 0);
        for (int slot = 0; slot < slots; slot++, at++) {
          int position = (int) numbers[slot];
          long expert = position < 0 ? -1 : position / capacity - first;
          rows[at] = expert < 0 || expert >= experts ? -1 : (int) expert;
          if (rows[at] >= 0) {
            starts[rows[at] + 1]++;
          }
        }
      }
    }
    for (int expert = 0; expert < experts; expert++) {
      next[expert] = starts[expert];
      starts[expert + 1] += starts[expert];
    }
    int[] choices = scratch.ints(ExpertScratchArray.CHOICE_OF_ROW.slot(), starts[experts]);
    for (int at = 0; at < all; at++) {
      if (rows[at] >= 0) {
        int row = next[rows[at]]++;
        choices[row] = at;
        rows[at] = row;
      }
    }
    return new DispatchOrder(rows, choices, starts, slots);
  }

  /**
   * The order of received rows. They arrive one source after another, and those of a source are in
   * the order of experts. Choice i stands for received row i. Each expert gets its rows in the
   * order of the sources.
   *
   * @param counts {@code [source, expert]}: the number of rows from this source for this expert
   * @param most the most rows that there may be
   */
  static DispatchOrder ofCounts(Tensor counts, int most, Scratch scratch) {
    int sources = (int) counts.size(0);
    int experts = (int) counts.size(1);
    int[] rows = scratch.ints(ExpertScratchArray.ROW_OF_CHOICE.slot(), most);
    int[] starts = scratch.ints(ExpertScratchArray.EXPERT_STARTS.slot(), experts + 1);
    int[] next = scratch.ints(ExpertScratchArray.EXPERT_NEXT.slot(), experts);
    Arrays.fill(starts, 0, experts + 1, 0);
    for (int source = 0; source < sources; source++) {
      for (int expert = 0; expert < experts; expert++) {
        starts[expert + 1] += (int) counts.getLong(source, expert);
      }
    }
    for (int expert = 0; expert < experts; expert++) {
      next[expert] = starts[expert];
      starts[expert + 1] += starts[expert];
    }
    int[] choices = scratch.ints(ExpertScratchArray.CHOICE_OF_ROW.slot(), most);
    int at = 0;
    for (int source = 0; source < sources; source++) {
      for (int expert = 0; expert < experts; expert++) {
        for (long left = counts.getLong(source, expert); left > 0; left--, at++) {
          int row = next[expert]++;
          choices[row] = at;
          rows[at] = row;
        }
      }
    }
    return new DispatchOrder(rows, choices, starts, 1);
  }

  /** The number of all rows. */
  int count(int experts) {
    return starts[experts];
  }

  /** The number of an expert's rows. */
  int size(int expert) {
    return starts[expert + 1] - starts[expert];
  }

  /** The token of a row: an index into {@code [G, S]}. */
  int token(int row) {
    return choices[row] / slots;
  }
}
