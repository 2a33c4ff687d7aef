package io.github.shardsum.internal.assign;

import io.github.shardsum.assign.AssignmentProblem;

/** Sums of costs; one impossible term makes a sum impossible. */
final class SaturatingCosts {
  static final long IMPOSSIBLE = AssignmentProblem.IMPOSSIBLE;

  private SaturatingCosts() {}

  /** The sum of two terms from 0 to {@link #IMPOSSIBLE}. */
  static long add(long one, long other) {
    return Math.min(one + other, IMPOSSIBLE);
  }

  static boolean isImpossible(long cost) {
    return cost >= IMPOSSIBLE;
  }
}
