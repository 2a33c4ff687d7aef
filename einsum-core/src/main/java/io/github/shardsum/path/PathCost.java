package io.github.shardsum.path;

import io.github.shardsum.internal.path.LabelFlow;
import io.github.shardsum.internal.path.PathCostModel;
import io.github.shardsum.internal.path.PathCostTable;
import java.util.List;
import java.util.Locale;

/**
 * The cost of a plan, computed only from labels and sizes; an immutable value.
 *
 * <p>Floating-point operations are counted as in opt_einsum. A step over N index points costs 2 N
 * if it sums over a label of size above 1 (a multiplication and an addition for each point), and N
 * if it only multiplies. Labels that only one operand has are summed first, with one addition for
 * each element. All counts are doubles: exact up to 2^53, infinite above about 1.8e308.
 *
 * @param naiveFlops operations of one loop nest over all labels, without intermediates: the product
 *     of all sizes, times the number of operands, or times one less if no label is summed
 * @param naiveLog10 the decimal logarithm of {@code naiveFlops}, finite where that is infinite
 * @param flops operations of the plan: the sums ahead, the steps with their repeats, and the
 *     additions of slices into the output
 * @param largestIntermediate elements of the largest intermediate in one slice. Operands and the
 *     output do not count; operands that were summed first count
 * @param intermediateElements elements written to intermediates in all, repeats included
 * @param peakElements largest number of live elements in one slice, of intermediates and output
 *     together, if each tensor is freed after the step that uses it
 * @param reductions the sums ahead of the first step
 * @param steps the steps in order
 */
public record PathCost(
    double naiveFlops,
    double naiveLog10,
    double flops,
    double largestIntermediate,
    double intermediateElements,
    double peakElements,
    List<Reduction> reductions,
    List<Step> steps) {

  /** Copies the lists. */
  public PathCost {
    reductions = List.copyOf(reductions);
    steps = List.copyOf(steps);
  }

  /**
   * The sum of an operand over labels that are in no other operand and not in the output.
   *
   * @param operand the number of the operand
   * @param labels its labels
   * @param kept the remaining labels
   * @param flops additions, over all slices
   * @param elements elements of the result, of one slice
   * @param level as {@link Step#level()}
   */
  public record Reduction(
      int operand,
      List<Integer> labels,
      List<Integer> kept,
      double flops,
      double elements,
      int level) {
    /** Copies the lists. */
    public Reduction {
      labels = List.copyOf(labels);
      kept = List.copyOf(kept);
    }
  }

  /**
   * One pairwise contraction.
   *
   * @param left the SSA id of the left tensor: an operand, or operand count plus an earlier step
   * @param right the SSA id of the right tensor
   * @param leftLabels the labels of the left tensor
   * @param rightLabels the labels of the right tensor
   * @param resultLabels the labels that a later step or the output needs. Those of the left tensor
   *     come first; the last step has the order of the output
   * @param flops operations, over all slices
   * @param leftElements elements of the left tensor, of one slice
   * @param rightElements elements of the right tensor, of one slice
   * @param elements elements of the result, of one slice
   * @param level the number of slice loops, counted from the outermost, that contain the step. At
   *     level 0 the step runs once; at level k it runs once for each combination of chunks of the
   *     first k sliced labels
   */
  public record Step(
      int left,
      int right,
      List<Integer> leftLabels,
      List<Integer> rightLabels,
      List<Integer> resultLabels,
      double flops,
      double leftElements,
      double rightElements,
      double elements,
      int level) {
    /** Copies the lists. */
    public Step {
      leftLabels = List.copyOf(leftLabels);
      rightLabels = List.copyOf(rightLabels);
      resultLabels = List.copyOf(resultLabels);
    }

    /**
     * Counts the labels that the step loops over.
     *
     * @return the number of labels of both tensors together, the exponent of the step's cost
     */
    public int scaling() {
      int both = leftLabels.size();
      for (int label : rightLabels) {
        both += leftLabels.contains(label) ? 0 : 1;
      }
      return both;
    }
  }

  /**
   * Computes the cost of a path without slices.
   *
   * @param network the contraction
   * @param path the order of the contractions
   * @return the cost
   * @throws PathException if the path is for another number of operands
   */
  public static PathCost of(Network network, ContractionPath path) {
    return of(network, path, List.of());
  }

  /**
   * Computes the cost of a path with slices.
   *
   * @param network the contraction
   * @param path the order of the contractions
   * @param slices the sliced labels, the outermost loop first
   * @return the cost
   * @throws PathException if the path is for another number of operands, or a sliced label is not
   *     in the network, occurs twice, or its chunks do not cover its size
   */
  public static PathCost of(Network network, ContractionPath path, List<Slice> slices) {
    return new PathCostModel(LabelFlow.of(network, path), slices).cost();
  }

  /**
   * Compares with the naive loop nest.
   *
   * @return naive over planned operations; 1 if there are none
   */
  public double speedUp() {
    if (flops == 0) {
      return 1;
    }
    return Double.isInfinite(naiveFlops)
        ? Math.pow(10, naiveLog10 - Math.log10(flops))
        : naiveFlops / flops;
  }

  /**
   * Prints the totals on one line.
   *
   * @return for example {@code 8.192e+08 flops, naive 3.277e+13, largest intermediate 2.560e+06
   *     elements, peak 5.120e+06, 4 steps}
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.3e flops, naive %s, largest intermediate %.3e elements, peak %.3e, %d steps",
        flops,
        PathCostTable.power(naiveLog10),
        largestIntermediate,
        peakElements,
        steps.size());
  }
}
