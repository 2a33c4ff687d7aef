package io.github.shardsum.internal.contract;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Which kernels a program takes where a trial found others than the model's to be faster.
 *
 * @param picks by the number of the step among those of the first pass that have kernels to choose
 *     from, in order
 */
public record Picks(Map<Integer, Pick> picks) {
  /** The model's kernel everywhere. */
  public static final Picks NONE = new Picks(Map.of());

  /**
   * The kernel of one step.
   *
   * @param rung its place on the ladder of kernels, the model's being 0
   * @param why what the trial found, for a plan
   */
  public record Pick(int rung, String why) {}

  /** Copies the map. */
  public Picks {
    picks = Map.copyOf(picks);
  }

  /** The same with another kernel for one step. */
  public Picks with(int step, Pick pick) {
    Map<Integer, Pick> more = new HashMap<>(picks);
    more.put(step, pick);
    return new Picks(more);
  }

  /** Takes the picks in the order in which steps are planned. Not thread-safe. */
  static final class Cursor {
    private final Picks picks;
    private final boolean lists;
    private final List<List<String>> ladders = new ArrayList<>();
    private int step;

    private Cursor(Picks picks, boolean lists) {
      this.picks = picks;
      this.lists = lists;
    }

    /** Takes what was picked. */
    static Cursor of(Picks picks) {
      return new Cursor(picks, false);
    }

    /** Takes the model's kernels and lists what else there is. */
    static Cursor listing() {
      return new Cursor(NONE, true);
    }

    /**
     * The next step's kernel.
     *
     * @param model what the model chose
     * @param ladder all kernels there are, the model's first
     */
    StepPlanner.Choice next(StepPlanner.Choice model, Supplier<List<StepPlanner.Choice>> ladder) {
      if (lists) {
        ladders.add(ladder.get().stream().map(choice -> choice.kernel().name()).toList());
      }
      Pick pick = picks.picks.get(step++);
      if (pick == null) {
        return model;
      }
      StepPlanner.Choice chosen = pick.rung == 0 ? model : ladder.get().get(pick.rung);
      return new StepPlanner.Choice(chosen.kernel(), chosen.swapped(), pick.why);
    }

    /** Names of the kernels that each step so far could take. */
    List<List<String>> ladders() {
      return List.copyOf(ladders);
    }
  }
}
