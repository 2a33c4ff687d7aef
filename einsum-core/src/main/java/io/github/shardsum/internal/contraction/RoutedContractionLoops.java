package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.memory.Loops;
import java.util.Arrays;

/**
 * The loops of a step with a routing operand. Arrays of {@code lead}: {@link
 * RoutedContractionKernel#OUT}, {@link #DENSE}, {@link #POSITIONS}, {@link #WEIGHTS}, {@link
 * #LEAD_BIAS}; of {@code free} and {@code out}: as in a {@link StepKernel}, with the dense operand
 * at {@link #DENSE}.
 *
 * @param name the kernel's name in a plan
 * @param ownRows whether each leading index has its own rows of the result, as in a gather
 * @param lead loops over the routing operand's leading labels
 * @param free loops over the labels that only the dense operand has
 * @param out loops over all labels of the result
 * @param tailSizes size of each tail axis
 * @param tailCounts the number of indices that the step takes along each tail axis
 * @param tailStrides stride of each tail axis in the result and in the dense operand
 * @param leadsAreApart whether two leading indices never add to one element of the result
 * @param ors whether slots of one position are ORed, not added: the weights are bools
 */
record RoutedContractionLoops(
    String name,
    boolean ownRows,
    Loops lead,
    Loops free,
    Loops out,
    long[] tailSizes,
    long[] tailCounts,
    long[][] tailStrides,
    boolean leadsAreApart,
    boolean ors) {
  static final int DENSE = 1;
  static final int POSITIONS = 2;
  static final int WEIGHTS = 3;
  static final int LEAD_BIAS = 4;

  /** Stands for the offset of a slot that is empty or outside the step's range. */
  static final long NONE = Long.MIN_VALUE;

  private static final int OUT = RoutedContractionKernel.OUT;

  /**
   * Turns row-major positions in the tail into offsets.
   *
   * @param positions n positions, negative for an empty slot; each becomes its offset in the dense
   *     operand, or {@link #NONE}
   * @param outAt gets the offset in the result
   * @param from first index along each tail axis that the step takes
   * @throws IllegalArgumentException if a position is not below the tail's element count
   */
  void offsets(long[] positions, int n, long[] outAt, long[] from) {
    if (tailSizes.length == 1 && tailCounts[0] == tailSizes[0]) {
      wholeAxis(positions, n, outAt);
      return;
    }
    for (int i = 0; i < n; i++) {
      positions[i] = positions[i] < 0 ? NONE : offset(positions[i], i, outAt, from);
    }
  }

  private void wholeAxis(long[] positions, int n, long[] outAt) {
    for (int i = 0; i < n; i++) {
      long position = positions[i];
      if (position >= tailSizes[0]) {
        throw changed(position);
      }
      outAt[i] = position * tailStrides[OUT][0];
      positions[i] = position < 0 ? NONE : position * tailStrides[DENSE][0];
    }
  }

  private long offset(long position, int i, long[] outAt, long[] from) {
    long inOut = 0;
    long inDense = 0;
    int rest = (int) position; // a tail has at most 2^31 - 1 positions
    for (int axis = tailSizes.length - 1; axis >= 0; axis--) {
      int size = (int) tailSizes[axis];
      int above = axis == 0 ? 0 : rest / size;
      long index = rest - above * size - from[axis];
      if (axis == 0 && rest >= size) {
        throw changed(position);
      }
      if (index < 0 || index >= tailCounts[axis]) {
        return NONE;
      }
      inOut += index * tailStrides[OUT][axis];
      inDense += index * tailStrides[DENSE][axis];
      rest = above;
    }
    outAt[i] = inOut;
    return inDense;
  }

  private IllegalArgumentException changed(long position) {
    return new IllegalArgumentException(
        "routing: expected positions below the element count of the tail "
            + Arrays.toString(tailSizes)
            + ", got "
            + position
            + "; the positions were changed after the routing tensor was made");
  }
}
