package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.PlanOptions;
import java.util.OptionalLong;

/**
 * What a plan's choices weigh beside their cost. A limit is no part of it: which plans are looked
 * at does not depend on the limit, so that the least peak that is found is one that can be asked
 * for.
 *
 * @param elementsPerByte what a byte counts that the largest device holds of what a statement reads
 *     and makes, in elements received
 * @param hoists whether what does not change from round to round of a loop is brought before it,
 *     and so held all through it
 * @param isTight whether a reshard may hold no more on the way than at its ends
 */
record Policy(double elementsPerByte, boolean hoists, boolean isTight) {
  /** Cost alone. */
  static final Policy CHEAPEST = new Policy(0, true, false);

  /** The options of a reshard. */
  PlanOptions reshards(PlanOptions options) {
    return new PlanOptions(
        options.topology(),
        isTight ? OptionalLong.of(0) : OptionalLong.empty(),
        options.replication());
  }
}
