package io.github.shardsum.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * Routes tokens to experts: algorithm 1 of the GShard paper and its variants, as a pure computation
 * of indices and weights that moves no data.
 *
 * <p>An expert whose gate is 0 in f64 is none that the token may have, whether its logit is minus
 * infinity or so far below the largest (745 and more, such as a mask of -1e9) that nothing is left:
 * it is not chosen, takes no slot and is counted nowhere. So a token can have fewer than k choices.
 * The paper's softmax has no such gates.
 *
 * <p>Arithmetic is in f64 for every dtype of the scores, and weights are rounded once. The result
 * depends on the arguments alone: the same bits for every number of threads.
 */
public final class Gating {
  private Gating() {}

  /**
   * Routes on the calling thread.
   *
   * @param logits {@code [G, S, E]} of f32, f64 or bf16, without padding
   * @param options how
   * @param randomness uniform numbers, for the options that want them
   * @return the routing
   * @throws IllegalArgumentException as {@link #route(GatingInput, GatingOptions, Randomness,
   *     Workers)}
   */
  public static Routing route(Tensor logits, GatingOptions options, Randomness randomness) {
    return route(GatingInput.logits(logits), options, randomness, Workers.sequential());
  }

  /**
   * Routes, groups in parallel.
   *
   * @param input logits or gates, and which tokens are padding
   * @param options how
   * @param randomness uniform numbers, for the options that want them
   * @param workers the threads
   * @return the routing
   * @throws IllegalArgumentException if a token chooses more experts than there are, a size exceeds
   *     a Java array, the shape or the range of given random numbers is wrong, or a score is NaN,
   *     infinite (a logit of minus infinity is an expert that the token may not have) or, being a
   *     gate, negative
   */
  public static Routing route(
      GatingInput input, GatingOptions options, Randomness randomness, Workers workers) {
    RoutingCall call = RoutingCall.of(input, options, randomness, workers);
    List<GroupRouting> groups = call.eachGroup(call::choose);
    int capacity = call.capacity(groups);
    call.eachGroup(group -> call.place(groups.get(group), capacity));
    return RoutingAssembly.assemble(call, groups, capacity);
  }
}
