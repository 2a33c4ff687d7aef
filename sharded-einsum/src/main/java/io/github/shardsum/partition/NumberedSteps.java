package io.github.shardsum.partition;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/** An immutable list of steps that knows the number of each step's first result. */
final class NumberedSteps extends AbstractList<PlanStep> implements RandomAccess {
  private final List<PlanStep> steps;

  /** Of each step the number of its first result, and last the number of all values. */
  private final int[] first;

  NumberedSteps(List<PlanStep> steps, int inputs) {
    this.steps = List.copyOf(steps);
    this.first = new int[steps.size() + 1];
    first[0] = inputs;
    for (int step = 0; step < this.steps.size(); step++) {
      first[step + 1] = first[step] + this.steps.get(step).results().size();
    }
  }

  @Override
  public PlanStep get(int step) {
    return steps.get(step);
  }

  @Override
  public int size() {
    return steps.size();
  }

  /** The number of a step's first result; of one behind the last, the number of all values. */
  int number(int step) {
    return first[step];
  }

  /** The result of this number, which is no input's. */
  PlannedValue value(int number) {
    int found = Arrays.binarySearch(first, number);
    int step = found >= 0 ? found : -found - 2;
    return steps.get(step).results().get(number - first[step]);
  }
}
