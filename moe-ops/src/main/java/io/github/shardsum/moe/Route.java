package io.github.shardsum.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.RouteAssembly;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;

/**
 * The slot and the expert that each token goes to, and the weight of its result: algorithm 1 of the
 * GShard paper and its variants. It is a pure computation of indices and weights that moves no
 * data.
 *
 * <p>A token cannot choose an expert whose gate is 0 in f64, because its logit is minus infinity or
 * far below the largest (745 and more, such as a mask of -1e9). Such an expert is not chosen, takes
 * no slot and is counted nowhere. So a token can have fewer than k choices. The paper's softmax has
 * no such gates.
 *
 * <p>Arithmetic is in f64 for every dtype of the scores, and weights are rounded once. A route
 * depends only on the arguments: it has the same bits for every number of threads.
 *
 * @param combine {@code [G, S, E, C]}: combine weights, at most k non-zeros for each (g, s), in the
 *     dtype of the router's scores
 * @param dispatch {@code [G, S, E, C]}: 1 exactly where combine is not zero, same dtype and
 *     positions
 * @param choices {@code [G, S, k]} of i32: the experts each token chose, best first, those that
 *     were rejected or full included; -1 for none, if fewer than k experts have a gate above 0.
 *     Under expert choice these are the experts that took the token, in index order, and k is the
 *     most experts that took one token
 * @param capacity C, slots of one expert in one group
 * @param metrics load, drops and losses
 */
public record Route(
    RoutingTensor combine,
    RoutingTensor dispatch,
    Tensor choices,
    long capacity,
    RouteMetrics metrics) {

  /**
   * Routes on the calling thread.
   *
   * @param logits {@code [G, S, E]} of f32, f64 or bf16, without padding
   * @param options how
   * @param randomness uniform numbers, for the options that draw them
   * @return the route
   * @throws IllegalArgumentException as {@link #of(RouteInput, RouteOptions, Randomness, Workers)}
   */
  public static Route of(Tensor logits, RouteOptions options, Randomness randomness) {
    return of(RouteInput.logits(logits), options, randomness, Workers.sequential());
  }

  /**
   * Routes, groups in parallel.
   *
   * @param input logits or gates, which tokens are padding, and uniform numbers if they are given
   * @param options how
   * @param randomness uniform numbers, for the options that draw them
   * @param workers the threads
   * @return the route
   * @throws IllegalArgumentException if a token chooses more experts than there are, a size exceeds
   *     a Java array, the shape or the range of given random numbers is wrong, or a score is NaN,
   *     infinite (a logit of minus infinity is an expert that the token may not have) or, being a
   *     gate, negative
   */
  public static Route of(
      RouteInput<Tensor> input, RouteOptions options, Randomness randomness, Workers workers) {
    return RouteAssembly.route(input, options, randomness, workers);
  }

  /**
   * Number of non-zero combine weights: rows that move to experts and back.
   *
   * @return the sum of {@link RouteMetrics#expertsUsed()}
   */
  public long routedRows() {
    long rows = 0;
    for (long used : metrics.expertsUsed().toLongArray()) {
      rows += used;
    }
    return rows;
  }
}
