package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Weights that count in a plan's choices in addition to cost. A memory limit is not part of a
 * policy: the candidate plans do not depend on the limit, so the least peak found is also a limit
 * that some plan keeps.
 *
 * @param elementsPerByte weight, in elements received, of each byte of a statement's operands and
 *     results on the largest device
 * @param hoists whether invariants of a loop are resharded before it, and so are held during the
 *     whole loop
 * @param isTight whether a reshard may hold no more on the way than at its ends
 * @param mostBytes the most bytes of a statement's operands and results that a device may hold
 */
record PlanningPolicy(double elementsPerByte, boolean hoists, boolean isTight, long mostBytes) {
  /** Cost alone. */
  static final PlanningPolicy CHEAPEST = new PlanningPolicy(0, true, false, Long.MAX_VALUE);

  /** Only the cost counts, among ways of statements that hold at most a number of bytes. */
  static PlanningPolicy within(long bytes, boolean isTight) {
    return new PlanningPolicy(0, true, isTight, bytes);
  }

  /** Weights of a byte, in elements received. */
  private static final double[] WEIGHTS = {1.0 / 256, 1.0 / 16, 1, 16, 1024};

  /**
   * Policies in an order in which each weighs memory more than the previous one; the first gives
   * the cheapest plan.
   */
  static List<PlanningPolicy> of(boolean hasLoops) {
    List<PlanningPolicy> policies = new ArrayList<>(List.of(CHEAPEST));
    for (double weight : WEIGHTS) {
      for (boolean isTight : new boolean[] {false, true}) {
        policies.add(new PlanningPolicy(weight, true, isTight, Long.MAX_VALUE));
        if (hasLoops) {
          policies.add(new PlanningPolicy(weight, false, isTight, Long.MAX_VALUE));
        }
      }
    }
    return policies;
  }

  /** The options of a reshard. */
  PlanOptions reshards(PlanOptions options) {
    return options
        .withMemoryLimit(isTight ? OptionalLong.of(0) : OptionalLong.empty())
        .withOverlap(false);
  }
}
