package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.memory.Loops;
import java.util.List;

/**
 * One label of a step.
 *
 * @param size the label's size, at least 1
 * @param inOut whether the result has the label
 * @param inLeft whether the left operand has the label
 * @param inRight whether the right operand has the label
 * @param strides stride in each array, see {@link StepKernel}; 0 in an array without the label
 */
record StepLabel(long size, boolean inOut, boolean inLeft, boolean inRight, long[] strides) {
  /** The label with left and right exchanged. */
  StepLabel swapped() {
    long[] exchanged = strides.clone();
    exchanged[StepKernel.LEFT] = strides[StepKernel.RIGHT];
    exchanged[StepKernel.RIGHT] = strides[StepKernel.LEFT];
    return new StepLabel(size, inOut, inRight, inLeft, exchanged);
  }

  long stride(int array) {
    return strides[array];
  }

  /**
   * The nest of some labels; the innermost one is the label along which {@code first} is most
   * contiguous.
   */
  static Loops loops(List<StepLabel> labels, int first) {
    long[] sizes = new long[labels.size()];
    long[][] strides = new long[StepKernel.ARRAYS + 1][sizes.length];
    for (int axis = 0; axis < sizes.length; axis++) {
      sizes[axis] = labels.get(axis).size();
      strides[0][axis] = labels.get(axis).stride(first);
      for (int array = 0; array < StepKernel.ARRAYS; array++) {
        strides[array + 1][axis] = labels.get(axis).stride(array);
      }
    }
    return Loops.of(sizes, strides).without(0);
  }

  /** The nest of some labels in a given order, outermost first. */
  static Loops ordered(List<StepLabel> labels) {
    int rank = labels.size();
    long[] sizes = new long[rank];
    long[][] strides = new long[StepKernel.ARRAYS + 1][rank];
    long key = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      sizes[axis] = labels.get(axis).size();
      // With row-major strides as the first array, the order is kept, and loops are joined where
      // the other arrays allow it.
      strides[0][axis] = key;
      key *= sizes[axis];
      for (int array = 0; array < StepKernel.ARRAYS; array++) {
        strides[array + 1][axis] = labels.get(axis).stride(array);
      }
    }
    return Loops.of(sizes, strides).without(0);
  }

  static long points(List<StepLabel> labels) {
    long points = 1;
    for (StepLabel label : labels) {
      points *= label.size();
    }
    return points;
  }
}
