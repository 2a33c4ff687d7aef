package io.github.shardsum.moe;

import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;

/**
 * Which token goes to which slot of which expert, and with what weight it comes back.
 *
 * @param combine {@code [G, S, E, C]}: combine weights, at most k non-zeros for each (g, s), in the
 *     dtype of the router's scores
 * @param dispatch {@code [G, S, E, C]}: 1 exactly where combine is not zero, same dtype and
 *     positions
 * @param choices {@code [G, S, k]} of i32: the experts each token chose, best first, those that
 *     were rejected or full included; -1 for none, as where fewer than k have a gate above 0. Under
 *     expert choice the experts that took it, in index order, k being the most that took one
 * @param capacity C, slots of one expert in one group
 * @param metrics load, drops and losses
 */
public record Routing(
    RoutingTensor combine,
    RoutingTensor dispatch,
    Tensor choices,
    long capacity,
    GatingMetrics metrics) {

  /**
   * Number of non-zero combine weights: rows that move to experts and back.
   *
   * @return the sum of {@link GatingMetrics#expertsUsed()}
   */
  public long routedRows() {
    long rows = 0;
    for (long used : metrics.expertsUsed().toLongArray()) {
      rows += used;
    }
    return rows;
  }
}
