package io.github.shardsum.moe;

import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.tensor.DType;
import java.util.Objects;

/**
 * Which Mixture-of-Experts layer a program is to be; an immutable value.
 *
 * @param sizes the layer's sizes; C must be {@link Capacity#atMost} of the options' capacity, see
 *     {@link MoeSizes#of}
 * @param dtype of tokens and weights: f32, f64 or bf16, whose router logits are f32
 * @param options how tokens are sent to experts
 * @param randomness the router's random numbers if they are drawn
 * @param padded whether the program has an input {@code non_padding: bool[G S]}
 * @param uniform where the router's random numbers come from: drawn, an input {@code uniform: f64[G
 *     S]}, or an input {@code uniform: f64[G S E]}
 * @param activation what stands between an expert's two products
 * @param metrics whether the program also has the outputs {@code logits [G, S, E]}, {@code weights
 *     [G, S, K]} and {@code positions [G, S, K]} of its route, {@code asked [G, E]}, {@code
 *     overflow [G]}, {@code placed [G, E]} and {@code unusable [G]}, see {@link MoePrograms#route}
 */
public record MoeSpec(
    MoeSizes sizes,
    DType dtype,
    RouteOptions options,
    Randomness randomness,
    boolean padded,
    Uniform uniform,
    Activation activation,
    boolean metrics) {
  /** Checks the dtype and the capacity. */
  public MoeSpec {
    Objects.requireNonNull(sizes, "sizes");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(randomness, "randomness");
    Objects.requireNonNull(uniform, "uniform");
    Objects.requireNonNull(activation, "activation");
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException("moe: dtype must be f32, f64 or bf16, got " + dtype);
    }
    int choices = options.router().choices();
    long capacity = options.capacity().atMost(choices, sizes.tokens(), sizes.experts());
    if (capacity != sizes.capacity()) {
      throw new IllegalArgumentException(
          "moe: C in the sizes must be the options' capacity " + capacity + ", got " + sizes);
    }
  }

  /**
   * A layer with relu and without padding whose random numbers are drawn.
   *
   * @param sizes the layer's sizes
   * @param dtype of tokens and weights
   * @param options how tokens are sent to experts
   * @param randomness the router's random numbers
   * @return the specification
   * @throws IllegalArgumentException if the dtype is not floating, or C another than the options'
   */
  public static MoeSpec of(
      MoeSizes sizes, DType dtype, RouteOptions options, Randomness randomness) {
    return new MoeSpec(
        sizes, dtype, options, randomness, false, Uniform.DRAWN, Activation.RELU, false);
  }

  /**
   * The same layer with an input that says which tokens are padding.
   *
   * @return the specification
   */
  public MoeSpec withPadding() {
    return new MoeSpec(sizes, dtype, options, randomness, true, uniform, activation, metrics);
  }

  /**
   * The same layer with random numbers from elsewhere.
   *
   * @param source where they come from
   * @return the specification
   */
  public MoeSpec withUniform(Uniform source) {
    return new MoeSpec(sizes, dtype, options, randomness, padded, source, activation, metrics);
  }

  /**
   * The same layer with another activation.
   *
   * @param function what stands between an expert's two products
   * @return the specification
   */
  public MoeSpec withActivation(Activation function) {
    return new MoeSpec(sizes, dtype, options, randomness, padded, uniform, function, metrics);
  }

  /**
   * The same layer with the outputs that tell what its route did.
   *
   * @return the specification
   */
  public MoeSpec withMetrics() {
    return new MoeSpec(sizes, dtype, options, randomness, padded, uniform, activation, true);
  }

  /**
   * Dtype of the router's logits: bf16 has 8 significant bits, of which too many would tie.
   *
   * @return f32 for bf16, else the layer's
   */
  public DType logits() {
    return dtype == DType.BF16 ? DType.F32 : dtype;
  }
}
