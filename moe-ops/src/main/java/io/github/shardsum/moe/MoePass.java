package io.github.shardsum.moe;

import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * A finished forward pass.
 *
 * @param sizes the sizes it ran with
 * @param activations what it computed
 * @param routing who went where
 * @param steps time of each einsum, in the order of {@link MoeStep}
 * @param routingNanos wall time of the routing, in nanoseconds
 */
public record MoePass(
    MoeSizes sizes,
    MoeActivations activations,
    Routing routing,
    List<MoeStepTime> steps,
    long routingNanos) {
  /** Copies the list. */
  public MoePass {
    steps = List.copyOf(steps);
  }

  /**
   * The layer's result, without the residual.
   *
   * @return {@code [G, S, M]}
   */
  public Tensor outputs() {
    return activations.outputs();
  }
}
