package io.github.shardsum.moe;

import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** The specification of a Mixture-of-Experts layer; an immutable value. */
public final class MoeSpec {
  private final MoeSizes sizes;
  private final DType dtype;
  private final RouteOptions options;
  private final Randomness randomness;
  private final boolean padded;
  private final Uniform uniform;
  private final Activation activation;
  private final boolean biased;
  private final boolean keepsHidden;
  private final boolean metrics;

  private MoeSpec(
      MoeSizes sizes,
      DType dtype,
      RouteOptions options,
      Randomness randomness,
      boolean padded,
      Uniform uniform,
      Activation activation,
      boolean biased,
      boolean keepsHidden,
      boolean metrics) {
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
    this.sizes = sizes;
    this.dtype = dtype;
    this.options = options;
    this.randomness = randomness;
    this.padded = padded;
    this.uniform = uniform;
    this.activation = activation;
    this.biased = biased;
    this.keepsHidden = keepsHidden;
    this.metrics = metrics;
  }

  /**
   * A layer with relu, without biases and without padding. Random numbers are drawn, and nothing is
   * kept for a backward pass.
   *
   * @param sizes the layer's sizes
   * @param dtype the dtype of tokens and weights
   * @param options how tokens are sent to experts
   * @param randomness the router's random numbers
   * @return the specification
   * @throws IllegalArgumentException if the dtype is not floating, or C is not the options'
   *     capacity
   */
  public static MoeSpec of(
      MoeSizes sizes, DType dtype, RouteOptions options, Randomness randomness) {
    return new MoeSpec(
        sizes,
        dtype,
        options,
        randomness,
        false,
        Uniform.DRAWN,
        Activation.RELU,
        false,
        false,
        false);
  }

  /**
   * A builder for a layer of f32 with the paper's router and random numbers of seed 0. All sizes
   * must be set.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A builder that starts from this layer, including everything that {@code with} methods have set.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    Builder builder =
        new Builder()
            .groups(sizes.groups())
            .tokens(sizes.tokens())
            .experts(sizes.experts())
            .model(sizes.model())
            .hidden(sizes.hidden())
            .dtype(dtype)
            .options(options)
            .randomness(randomness);
    builder.more = spec -> spec.with(padded, uniform, activation, biased, keepsHidden, metrics);
    return builder;
  }

  private MoeSpec with(
      boolean mask,
      Uniform numbers,
      Activation function,
      boolean biases,
      boolean keeps,
      boolean more) {
    return new MoeSpec(
        sizes, dtype, options, randomness, mask, numbers, function, biases, keeps, more);
  }

  /**
   * The same layer with an input that says which tokens are padding.
   *
   * @return the specification
   */
  public MoeSpec withPadding() {
    return with(true, uniform, activation, biased, keepsHidden, metrics);
  }

  /**
   * The same layer with random numbers from elsewhere.
   *
   * @param source their source
   * @return the specification
   */
  public MoeSpec withUniform(Uniform source) {
    return with(padded, source, activation, biased, keepsHidden, metrics);
  }

  /**
   * The same layer with another activation.
   *
   * @param function the activation between an expert's two products
   * @return the specification
   */
  public MoeSpec withActivation(Activation function) {
    return with(padded, uniform, function, biased, keepsHidden, metrics);
  }

  /**
   * The same layer with biases added to the products of experts.
   *
   * @return the specification
   */
  public MoeSpec withBias() {
    return with(padded, uniform, activation, true, keepsHidden, metrics);
  }

  /**
   * The same layer, but it keeps the operands of its activations for the backward pass. In f32 and
   * f64, results and gradients have the same bits as without this option. In bf16, the kept values
   * are rounded to bf16; without this option they stay in f32 inside the kernel, so results differ
   * by this rounding. On a mesh, each device gathers the weights of all experts, because the kept
   * rows of all experts are in one tensor.
   *
   * @return the specification
   */
  public MoeSpec withHiddenKept() {
    return with(padded, uniform, activation, biased, true, metrics);
  }

  /**
   * The same layer with the metrics of its route as outputs.
   *
   * @return the specification
   */
  public MoeSpec withMetrics() {
    return with(padded, uniform, activation, biased, keepsHidden, true);
  }

  /**
   * The dtype of the router's logits. It is never bf16: with 8 significant bits, too many logits
   * would be equal.
   *
   * @return f32 for bf16, otherwise the layer's dtype
   */
  public DType logits() {
    return dtype == DType.BF16 ? DType.F32 : dtype;
  }

  /** Collects the sizes and options of a layer by name; not thread-safe. */
  public static final class Builder {
    private static final long UNSET = Long.MIN_VALUE;

    private long groups = UNSET;
    private long tokens = UNSET;
    private long experts = UNSET;
    private long model = UNSET;
    private long hidden = UNSET;
    private DType dtype = DType.F32;
    private RouteOptions options = RouteOptions.paper();
    private Randomness randomness = Randomness.seeded(0);
    private UnaryOperator<MoeSpec> more = UnaryOperator.identity();

    private Builder() {}

    /**
     * Sets the number G of groups.
     *
     * @param value at least 0
     * @return this
     */
    public Builder groups(long value) {
      groups = value;
      return this;
    }

    /**
     * Sets the number S of tokens in a group.
     *
     * @param value at least 0
     * @return this
     */
    public Builder tokens(long value) {
      tokens = value;
      return this;
    }

    /**
     * Sets the number E of experts.
     *
     * @param value at least 1
     * @return this
     */
    public Builder experts(long value) {
      experts = value;
      return this;
    }

    /**
     * Sets the width M of a token.
     *
     * @param value at least 1
     * @return this
     */
    public Builder model(long value) {
      model = value;
      return this;
    }

    /**
     * Sets the width H inside an expert.
     *
     * @param value at least 1
     * @return this
     */
    public Builder hidden(long value) {
      hidden = value;
      return this;
    }

    /**
     * Sets the dtype of tokens and weights; f32 if not set.
     *
     * @param value f32, f64 or bf16
     * @return this
     */
    public Builder dtype(DType value) {
      dtype = value;
      return this;
    }

    /**
     * Sets the router's options; those of the paper if not set.
     *
     * @param value the router's options; their capacity gives C, see {@link Capacity#atMost}
     * @return this
     */
    public Builder options(RouteOptions value) {
      options = value;
      return this;
    }

    /**
     * Sets the router's random numbers; those of seed 0 if not set.
     *
     * @param value the generator
     * @return this
     */
    public Builder randomness(Randomness value) {
      randomness = value;
      return this;
    }

    /**
     * The layer.
     *
     * @return the specification
     * @throws IllegalArgumentException if a size is not set or out of range, or the dtype is not
     *     floating
     */
    public MoeSpec build() {
      MoeSizes sizes =
          MoeSizes.of(
              set("groups", groups),
              set("tokens", tokens),
              set("experts", experts),
              set("model", model),
              set("hidden", hidden),
              options);
      return more.apply(of(sizes, dtype, options, randomness));
    }

    private static long set(String name, long value) {
      if (value == UNSET) {
        throw new IllegalArgumentException("moe: " + name + " must be set");
      }
      return value;
    }
  }

  /**
   * {@return the layer's sizes; C must be {@link Capacity#atMost} of the options' capacity, see
   * {@link MoeSizes#of}}
   */
  public MoeSizes sizes() {
    return sizes;
  }

  /**
   * {@return the dtype of tokens and weights: f32, f64 or bf16; for bf16, router logits are f32}
   */
  public DType dtype() {
    return dtype;
  }

  /** {@return how tokens are sent to experts} */
  public RouteOptions options() {
    return options;
  }

  /** {@return the generator of the router's random numbers, if they are drawn} */
  public Randomness randomness() {
    return randomness;
  }

  /** {@return whether the program has an input {@code non_padding: bool[G S]}} */
  public boolean padded() {
    return padded;
  }

  /**
   * {@return the source of the router's random numbers: drawn, an input {@code uniform: f64[G S]},
   * or an input {@code uniform: f64[G S E]}}
   */
  public Uniform uniform() {
    return uniform;
  }

  /**
   * {@return the activation between an expert's two products; a gated one has an input {@code wv
   * [E, M, H]}}
   */
  public Activation activation() {
    return activation;
  }

  /**
   * {@return whether there are inputs {@code b_in [E, H]} and {@code b_out [E, M]}, which are added
   * to an expert's two products, and {@code b_v [E, H]} for a gated activation}
   */
  public boolean biased() {
    return biased;
  }

  /**
   * {@return whether {@link MoePrograms#raggedLayer} keeps the operands of the activations, {@code
   * [R, H]}, for the backward pass. Otherwise the backward pass computes them again, which takes a
   * seventh product}
   */
  public boolean keepsHidden() {
    return keepsHidden;
  }

  /**
   * {@return whether the program also has the outputs {@code logits [G, S, E]}, {@code weights [G,
   * S, K]} and {@code positions [G, S, K]} of its route, {@code asked [G, E]}, {@code overflow
   * [G]}, {@code placed [G, E]} and {@code unusable [G]}, see {@link MoePrograms#route}}
   */
  public boolean metrics() {
    return metrics;
  }

  private List<Object> values() {
    return List.of(
        sizes,
        dtype,
        options,
        randomness,
        padded,
        uniform,
        activation,
        biased,
        keepsHidden,
        metrics);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MoeSpec that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "MoeSpec" + values();
  }
}
