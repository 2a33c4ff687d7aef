package io.github.shardsum.internal.contract;

import io.github.shardsum.internal.memory.Loops;

/**
 * The loops of a step with a routing operand. Arrays of {@code lead}: {@link RoutedKernel#OUT},
 * {@link #DENSE}, {@link #POSITIONS}, {@link #WEIGHTS}; of {@code free}: {@link RoutedKernel#OUT}
 * and {@link #DENSE}; of {@code out}: as in a {@link StepKernel}.
 *
 * @param name the kernel's name in a plan
 * @param lead over the routing operand's leading labels
 * @param free over the labels of the dense operand alone
 * @param out over all labels of the result
 * @param tailSizes size of each tail axis
 * @param tailStrides stride of each tail axis in the result and in the dense operand
 * @param leadsAreApart whether two leading indices never meet in one element of the result
 */
record RoutedLoops(
    String name,
    Loops lead,
    Loops free,
    Loops out,
    long[] tailSizes,
    long[][] tailStrides,
    boolean leadsAreApart) {
  static final int DENSE = 1;
  static final int POSITIONS = 2;
  static final int WEIGHTS = 3;

  /** Position in an array of a row-major position in the tail. */
  long tail(int array, long position) {
    long at = 0;
    long rest = position;
    for (int axis = tailSizes.length - 1; axis >= 0; axis--) {
      at += rest % tailSizes[axis] * tailStrides[array][axis];
      rest /= tailSizes[axis];
    }
    return at;
  }
}
