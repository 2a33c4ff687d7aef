package io.github.shardsum.moe;

import io.github.shardsum.tensor.DType;
import java.util.Objects;

/**
 * Which Mixture-of-Experts layer a program is to be; an immutable value.
 *
 * @param sizes the layer's sizes; C must be {@link Capacity#atMost} of the options' capacity
 * @param dtype of tokens and weights: f32, f64 or bf16, whose router logits are f32
 * @param options how tokens are sent to experts
 * @param randomness the router's random numbers if they are drawn, from token 0
 * @param padded whether the program has an input {@code non_padding: bool[G S]}
 * @param uniform where the router's random numbers come from
 */
public record MoeProgramSpec(
    MoeSizes sizes,
    DType dtype,
    GatingOptions options,
    Randomness.Seeded randomness,
    boolean padded,
    Uniform uniform) {
  /** Where uniform numbers come from. */
  public enum Uniform {
    /** Drawn by the seed, one a token. */
    DRAWN,
    /** An input {@code uniform: f64[G S]}. */
    PER_TOKEN,
    /** An input {@code uniform: f64[G S E]}, for sampled second choices. */
    PER_EXPERT
  }

  /** Checks the dtype and the capacity. */
  public MoeProgramSpec {
    Objects.requireNonNull(sizes, "sizes");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(randomness, "randomness");
    Objects.requireNonNull(uniform, "uniform");
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException("moe: one of f32, f64 and bf16 is wanted, got " + dtype);
    }
    int choices = options.router().choices();
    long capacity = options.capacity().atMost(choices, sizes.tokens(), sizes.experts());
    if (capacity != sizes.capacity()) {
      throw new IllegalArgumentException(
          "moe: the options' capacity " + capacity + " is wanted in the sizes, got " + sizes);
    }
  }

  /**
   * A layer without padding whose random numbers are drawn.
   *
   * @param sizes the layer's sizes
   * @param dtype of tokens and weights
   * @param options how tokens are sent to experts
   * @param randomness the router's random numbers
   * @return the specification
   * @throws IllegalArgumentException if the dtype is not floating, or C another than the options'
   */
  public static MoeProgramSpec of(
      MoeSizes sizes, DType dtype, GatingOptions options, Randomness.Seeded randomness) {
    return new MoeProgramSpec(sizes, dtype, options, randomness, false, Uniform.DRAWN);
  }

  /**
   * The same layer with an input that says which tokens are padding.
   *
   * @return the specification
   */
  public MoeProgramSpec withPadding() {
    return new MoeProgramSpec(sizes, dtype, options, randomness, true, uniform);
  }

  /**
   * The same layer with random numbers from elsewhere.
   *
   * @param source where they come from
   * @return the specification
   */
  public MoeProgramSpec withUniform(Uniform source) {
    return new MoeProgramSpec(sizes, dtype, options, randomness, padded, source);
  }
}
