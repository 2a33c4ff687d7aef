package io.github.shardsum.internal.contraction;

import static io.github.shardsum.internal.contraction.StepKernel.LEFT;
import static io.github.shardsum.internal.contraction.StepKernel.OUT;
import static io.github.shardsum.internal.contraction.StepKernel.RIGHT;

import io.github.shardsum.internal.memory.Loops;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The labels of a sum in row form.
 *
 * @param kept labels of the result, except the label of its runs
 * @param run the label of the result along which neighbours are summed together; it has size 1 if
 *     each element is summed by itself
 * @param summed contracted labels, outermost first; the last is the inner one
 * @param binary whether terms are products
 * @param leaf number of terms of a leaf
 */
record TreeLabels(Loops kept, StepLabel run, List<StepLabel> summed, boolean binary, int leaf) {
  private static final StepLabel NONE =
      new StepLabel(1, true, true, true, new long[StepKernel.ARRAYS]);

  static TreeLabels of(List<StepLabel> kept, List<StepLabel> summed, boolean binary, int leaf) {
    List<StepLabel> order = inOrder(summed);
    Optional<StepLabel> run = run(kept, order.getLast(), binary);
    List<StepLabel> others = new ArrayList<>(kept);
    run.ifPresent(others::remove);
    return new TreeLabels(StepLabel.loops(others, OUT), run.orElse(NONE), order, binary, leaf);
  }

  /** The contracted labels of sizes above 1, or the last label if there are none. */
  static List<StepLabel> inOrder(List<StepLabel> summed) {
    List<StepLabel> longer = GemmLabels.select(summed, label -> label.size() > 1);
    return longer.isEmpty() ? List.of(summed.getLast()) : longer;
  }

  /**
   * The label of the result along which an operand is contiguous; empty if all operands are
   * contiguous along the sum.
   */
  private static Optional<StepLabel> run(List<StepLabel> kept, StepLabel inner, boolean binary) {
    boolean along = inner.stride(LEFT) == 1 && (!binary || inner.stride(RIGHT) == 1);
    return along
        ? Optional.empty()
        : kept.stream()
            .filter(label -> label.size() > 1)
            .filter(label -> label.stride(LEFT) == 1 || (binary && label.stride(RIGHT) == 1))
            .findFirst();
  }

  /**
   * The largest number of sums that wait for their right neighbours at one time, over all labels.
   */
  int depth() {
    int depth = 1;
    for (int level = 0; level < summed.size(); level++) {
      depth += 66 - Long.numberOfLeadingZeros(children(level));
    }
    return depth;
  }

  /** The number of sums that are added up at a label: one for each index, or for each leaf. */
  long children(int level) {
    long size = summed.get(level).size();
    return level == summed.size() - 1 ? Math.ceilDiv(size, leaf) : size;
  }
}
