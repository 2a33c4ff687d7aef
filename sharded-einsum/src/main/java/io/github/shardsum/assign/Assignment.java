package io.github.shardsum.assign;

import java.util.List;

/**
 * The answer of an {@link AssignmentSolver}.
 *
 * @param choice the index of a strategy for each node; the choice keeps the limit. Empty if no
 *     choice was found or there are no nodes
 * @param cost the choice's cost; {@link AssignmentProblem#IMPOSSIBLE} if none was found
 * @param bound a proven lower bound: no possible choice costs less; {@link
 *     AssignmentProblem#IMPOSSIBLE} if it is proven that no choice is possible
 * @param peak the largest sum of usages at any time, in bytes
 * @param nodesLeft nodes that the first reduction left
 * @param work the number of matrix entries and similar data that were read; phases end after an
 *     amount of this work
 * @param isStoppedByClock whether the clock ended the run: another run may give another answer
 */
public record Assignment(
    List<Integer> choice,
    long cost,
    long bound,
    long peak,
    int nodesLeft,
    long work,
    boolean isStoppedByClock) {
  /** Copies the choice. */
  public Assignment {
    choice = List.copyOf(choice);
  }

  /**
   * Returns whether a choice was found.
   *
   * @return false if no choice keeps the limit, or the search found none
   */
  public boolean isFound() {
    return cost < AssignmentProblem.IMPOSSIBLE;
  }

  /**
   * Returns how far the cost may be above the least possible one.
   *
   * @return (cost - bound) / cost, from 0 to 1
   */
  public double gap() {
    return cost == bound ? 0 : (double) (cost - bound) / cost;
  }
}
