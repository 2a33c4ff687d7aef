package io.github.shardsum.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.RouteAssembly;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;

/**
 * The experts and slots of each token, and the weights of their results: algorithm 1 of the GShard
 * paper and its variants. Routing only computes indices and weights; it moves no data.
 *
 * <p>A token cannot choose an expert whose gate is 0 in f64. A gate is 0 if its logit is minus
 * infinity or far below the largest one (by about 745 or more, as with a mask of -1e9). For this
 * token, such an expert takes no slot and is not counted. So a token can have fewer than k choices.
 * The softmax of the paper has no such gates.
 *
 * <p>Arithmetic is in f64 for every dtype of the scores, and weights are rounded once. A route
 * depends only on the arguments: it has the same bits for every number of threads.
 *
 * @param combine {@code [G, S, E, C]}: combine weights, at most k non-zeros for each (g, s), in the
 *     dtype of the router's scores
 * @param dispatch {@code [G, S, E, C]}: 1 exactly where combine is not zero, with the same dtype
 *     and positions
 * @param choices {@code [G, S, k]} of i32: the experts that each token chose, best first, including
 *     rejected choices and full experts; -1 if fewer than k experts have a gate above 0. If experts
 *     choose, these are the experts that took the token, in index order, and k is the most experts
 *     that took one token
 * @param capacity C, slots of one expert in one group
 * @param metrics load, dropped tokens and losses
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
   * @param options the router's options
   * @param randomness the generator, for options that draw random numbers
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
   * @param options the router's options
   * @param randomness the generator, for options that draw random numbers
   * @param workers the threads
   * @return the route
   * @throws IllegalArgumentException if a token chooses more experts than there are, a size exceeds
   *     a Java array, the shape or the range of given random numbers is wrong, or a score cannot be
   *     used: a NaN, an infinite score (except a logit of minus infinity, which marks an expert
   *     that the token may not have), or a negative gate
   */
  public static Route of(
      RouteInput<Tensor> input, RouteOptions options, Randomness randomness, Workers workers) {
    return RouteAssembly.route(input, options, randomness, workers);
  }

  /**
   * The number of non-zero combine weights, which is the number of rows that move to experts and
   * back.
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
