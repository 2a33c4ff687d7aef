package io.github.shardsum.internal.contraction;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The labels of a step with two operands, as the labels of a batch of products C [m, n] = A [m, k]
 * B [k, n].
 *
 * @param labels all labels; left and right are A and B
 * @param batch labels of C that both operands have, or neither has
 * @param m labels of C that only A has
 * @param n labels of C that only B has
 * @param k labels that C lacks
 * @param swapped whether A is the step's right operand
 */
record GemmLabels(
    List<StepLabel> labels,
    List<StepLabel> batch,
    List<StepLabel> m,
    List<StepLabel> n,
    List<StepLabel> k,
    boolean swapped) {

  static GemmLabels of(List<StepLabel> labels, boolean swapped) {
    List<StepLabel> sided =
        swapped ? labels.stream().map(StepLabel::swapped).toList() : List.copyOf(labels);
    GemmLabels sides =
        new GemmLabels(
            sided,
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            swapped);
    for (StepLabel label : sided) {
      if (!label.inOut()) {
        sides.k.add(label);
      } else if (label.inLeft() == label.inRight()) {
        sides.batch.add(label);
      } else {
        (label.inLeft() ? sides.m : sides.n).add(label);
      }
    }
    return sides;
  }

  /** The dimensions with B as the operand that has the result's contiguous label. */
  static GemmLabels alongResult(List<StepLabel> labels) {
    boolean alongLeft = false;
    long least = Long.MAX_VALUE;
    for (StepLabel label : labels) {
      long stride = Math.abs(label.stride(StepKernel.OUT));
      boolean oneSided = label.inOut() && label.inLeft() != label.inRight();
      if (oneSided && label.size() > 1 && stride < least) {
        least = stride;
        alongLeft = label.inLeft();
      }
    }
    return of(labels, alongLeft);
  }

  /** Labels of the result. */
  List<StepLabel> kept() {
    return select(labels, StepLabel::inOut);
  }

  /** Whether C has both rows and columns. */
  boolean matrices() {
    return StepLabel.points(m) > 1 && StepLabel.points(n) > 1;
  }

  /** Number of all products. */
  double products() {
    return (double) StepLabel.points(batch)
        * StepLabel.points(m)
        * StepLabel.points(n)
        * StepLabel.points(k);
  }

  static List<StepLabel> select(List<StepLabel> labels, Predicate<StepLabel> which) {
    return labels.stream().filter(which).toList();
  }
}
