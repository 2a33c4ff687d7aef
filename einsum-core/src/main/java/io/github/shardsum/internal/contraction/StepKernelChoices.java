package io.github.shardsum.internal.contraction;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The kernels that a trial found to be faster than the model's choice.
 *
 * @param choices the kernels by the number of the step; only steps of the first pass with several
 *     kernels have numbers, in order
 */
public record StepKernelChoices(Map<Integer, KernelChoice> choices) {
  /** The model's kernel for every step. */
  public static final StepKernelChoices NONE = new StepKernelChoices(Map.of());

  /**
   * The kernel of one step.
   *
   * @param candidate its number among the candidates; 0 is the model's choice
   * @param why the result of the trial, for a plan
   */
  public record KernelChoice(int candidate, String why) {}

  /** Copies the map. */
  public StepKernelChoices {
    choices = Map.copyOf(choices);
  }

  /** These choices with another kernel for one step. */
  public StepKernelChoices with(int step, KernelChoice choice) {
    Map<Integer, KernelChoice> more = new HashMap<>(choices);
    more.put(step, choice);
    return new StepKernelChoices(more);
  }

  /** Takes the choices in the order in which steps are planned. Not thread-safe. */
  static final class Cursor {
    private final StepKernelChoices choices;
    private final boolean lists;
    private final List<List<String>> names = new ArrayList<>();
    private int step;

    private Cursor(StepKernelChoices choices, boolean lists) {
      this.choices = choices;
      this.lists = lists;
    }

    /** A cursor that takes given choices. */
    static Cursor of(StepKernelChoices choices) {
      return new Cursor(choices, false);
    }

    /** A cursor that takes the model's kernels and lists the alternatives. */
    static Cursor listing() {
      return new Cursor(NONE, true);
    }

    /** The next step's kernel, which has no alternative. */
    StepPlanner.Choice only(StepPlanner.Choice kernel) {
      return next(kernel, () -> List.of(kernel));
    }

    /**
     * The next step's kernel.
     *
     * @param candidates all possible kernels, the model's first
     */
    StepPlanner.Choice next(
        StepPlanner.Choice model, Supplier<List<StepPlanner.Choice>> candidates) {
      if (lists) {
        names.add(candidates.get().stream().map(choice -> choice.kernel().name()).toList());
      }
      KernelChoice choice = choices.choices.get(step++);
      if (choice == null) {
        return model;
      }
      StepPlanner.Choice chosen =
          choice.candidate == 0 ? model : candidates.get().get(choice.candidate);
      return new StepPlanner.Choice(chosen.kernel(), chosen.swapped(), choice.why);
    }

    /** Names of the kernels that each step so far could use. */
    List<List<String>> candidates() {
      return List.copyOf(names);
    }
  }
}
