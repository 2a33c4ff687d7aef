package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.Checks;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * The weights of a Mixture-of-Experts layer; aliases the caller's tensors.
 *
 * @param gate wg, {@code [M, E]}
 * @param in wi, {@code [E, M, H]}
 * @param out wo, {@code [E, H, M]}
 */
public record MoeWeights(Tensor gate, Tensor in, Tensor out) {
  /** Checks that shapes and dtypes agree. */
  public MoeWeights {
    Checks.rank("moe: wg", "[M, E]", gate);
    Checks.rank("moe: wi", "[E, M, H]", in);
    Checks.floating("moe: wg", gate);
    long model = gate.size(0);
    long experts = gate.size(1);
    long hidden = in.size(2);
    Checks.shape("moe: wi", "[E, M, H]", Shape.of(experts, model, hidden), in);
    Checks.shape("moe: wo", "[E, H, M]", Shape.of(experts, hidden, model), out);
    Checks.atLeast("moe: experts E", 1, experts);
    Checks.atLeast("moe: model width M", 1, model);
    Checks.atLeast("moe: hidden width H", 1, hidden);
    if (in.dtype() != gate.dtype() || out.dtype() != gate.dtype()) {
      throw new IllegalArgumentException(
          "moe: weights must have one dtype, got wg "
              + gate.description()
              + ", wi "
              + in.description()
              + ", wo "
              + out.description());
    }
  }

  /**
   * Random f32 weights: uniform, of variance one over the width that each product sums over.
   *
   * @param model M
   * @param hidden H
   * @param experts E
   * @param seed of the generator; each element depends on it and on its own index alone
   * @return the weights
   */
  public static MoeWeights random(int model, int hidden, int experts, long seed) {
    Philox philox = new Philox(seed);
    return new MoeWeights(
        uniform(philox, 0, model, model, experts),
        uniform(philox, 1, model, experts, model, hidden),
        uniform(philox, 2, hidden, experts, hidden, model));
  }

  private static Tensor uniform(Philox philox, long stream, int width, long... shape) {
    float[] values =
        new float
            [Checks.arrayLengthOr("use fewer experts or smaller widths", "moe: weights", shape)];
    double bound = Math.sqrt(3.0 / width);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * philox.uniform(i, stream) - 1) * bound);
    }
    return Tensor.of(values, shape);
  }

  /**
   * Model width M.
   *
   * @return the size
   */
  public long model() {
    return gate.size(0);
  }

  /**
   * Number of experts E.
   *
   * @return the size
   */
  public long experts() {
    return gate.size(1);
  }

  /**
   * Hidden width H.
   *
   * @return the size
   */
  public long hidden() {
    return in.size(2);
  }

  /**
   * Dtype of all three.
   *
   * @return the dtype
   */
  public DType dtype() {
    return gate.dtype();
  }
}
