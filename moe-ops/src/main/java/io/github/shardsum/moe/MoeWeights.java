package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The weights of a Mixture-of-Experts layer; aliases the caller's tensors.
 *
 * @param gate wg, {@code [M, E]}
 * @param in wi, {@code [E, M, H]}
 * @param out wo, {@code [E, H, M]}
 * @param linear wv, {@code [E, M, H]}: the second product of a gated activation
 * @param bias the biases of the products of experts
 */
public record MoeWeights(
    Tensor gate, Tensor in, Tensor out, Optional<Tensor> linear, Optional<Bias> bias) {
  /** The random stream of the first bias; weights have lower streams. */
  private static final long BIAS_STREAM = 16;

  /**
   * Biases of experts.
   *
   * @param in b_in, {@code [E, H]}: added to the product with wi
   * @param out b_out, {@code [E, M]}: added to the product with wo
   * @param linear b_v, {@code [E, H]}: added to the product with wv, if there is one
   */
  public record Bias(Tensor in, Tensor out, Optional<Tensor> linear) {
    /** Checks that nothing is null. */
    public Bias {
      Objects.requireNonNull(in, "in");
      Objects.requireNonNull(out, "out");
      Objects.requireNonNull(linear, "linear");
    }
  }

  /** Checks that shapes and dtypes agree. */
  public MoeWeights {
    Objects.requireNonNull(linear, "linear");
    Objects.requireNonNull(bias, "bias");
    ArgumentChecks.rank("moe: wg", "[M, E]", gate);
    ArgumentChecks.rank("moe: wi", "[E, M, H]", in);
    ArgumentChecks.floating("moe: wg", gate);
    long model = gate.size(0);
    long experts = gate.size(1);
    long hidden = in.size(2);
    ArgumentChecks.shape("moe: wi", "[E, M, H]", Shape.of(experts, model, hidden), in);
    ArgumentChecks.shape("moe: wo", "[E, H, M]", Shape.of(experts, hidden, model), out);
    linear.ifPresent(
        wv -> ArgumentChecks.shape("moe: wv", "[E, M, H]", Shape.of(experts, model, hidden), wv));
    if (bias.isPresent()) {
      Bias given = bias.get();
      ArgumentChecks.shape("moe: b_in", "[E, H]", Shape.of(experts, hidden), given.in());
      ArgumentChecks.shape("moe: b_out", "[E, M]", Shape.of(experts, model), given.out());
      given
          .linear()
          .ifPresent(b -> ArgumentChecks.shape("moe: b_v", "[E, H]", given.in().shape(), b));
      if (given.linear().isPresent() != linear.isPresent()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "moe: b_v must be there if wv is, and only then, got %s b_v and %s wv",
                linear.isPresent() ? "no" : "a",
                linear.isPresent() ? "a" : "no"));
      }
    }
    ArgumentChecks.atLeast("moe: experts E", 1, experts);
    ArgumentChecks.atLeast("moe: model width M", 1, model);
    ArgumentChecks.atLeast("moe: hidden width H", 1, hidden);
    List<Tensor> all = all(gate, in, out, linear, bias);
    if (all.stream().anyMatch(each -> each.dtype() != gate.dtype())) {
      throw new IllegalArgumentException(
          "moe: weights must have one dtype, got "
              + String.join(", ", all.stream().map(Tensor::description).toList()));
    }
  }

  private static List<Tensor> all(
      Tensor gate, Tensor in, Tensor out, Optional<Tensor> linear, Optional<Bias> bias) {
    List<Tensor> all = new ArrayList<>(List.of(gate, in, out));
    linear.ifPresent(all::add);
    bias.ifPresent(
        b -> {
          all.add(b.in());
          all.add(b.out());
          b.linear().ifPresent(all::add);
        });
    return List.copyOf(all);
  }

  /**
   * Weights without a second product and without biases.
   *
   * @param gate wg, {@code [M, E]}
   * @param in wi, {@code [E, M, H]}
   * @param out wo, {@code [E, H, M]}
   * @throws IllegalArgumentException if shapes or dtypes do not agree
   */
  public MoeWeights(Tensor gate, Tensor in, Tensor out) {
    this(gate, in, out, Optional.empty(), Optional.empty());
  }

  /**
   * Random f32 weights, uniform, with a variance of 1 divided by the width over which the product
   * sums.
   *
   * @param model M
   * @param hidden H
   * @param experts E
   * @param seed the seed; each element depends only on the seed and on its own index
   * @return the weights
   */
  public static MoeWeights random(int model, int hidden, int experts, long seed) {
    Philox philox = new Philox(seed);
    return new MoeWeights(
        uniform(philox, 0, model, model, experts),
        uniform(philox, 1, model, experts, model, hidden),
        uniform(philox, 2, hidden, experts, hidden, model));
  }

  /**
   * Random f32 weights of a layer: those of {@link #random(int, int, int, long)}, and those of a
   * second product and the biases if the layer has them. Biases are drawn like the weights of their
   * product.
   *
   * @param spec the layer; its dtype does not count
   * @param seed the seed
   * @return the weights
   */
  public static MoeWeights random(MoeSpec spec, long seed) {
    int model = Math.toIntExact(spec.sizes().model());
    int hidden = Math.toIntExact(spec.sizes().hidden());
    int experts = Math.toIntExact(spec.sizes().experts());
    MoeWeights plain = random(model, hidden, experts, seed);
    Philox philox = new Philox(seed);
    boolean gated = spec.activation().isGated();
    Optional<Tensor> linear =
        gated ? Optional.of(uniform(philox, 3, model, experts, model, hidden)) : Optional.empty();
    Optional<Bias> bias =
        spec.biased()
            ? Optional.of(
                new Bias(
                    uniform(philox, BIAS_STREAM, model, experts, hidden),
                    uniform(philox, BIAS_STREAM + 1, hidden, experts, model),
                    gated
                        ? Optional.of(uniform(philox, BIAS_STREAM + 2, model, experts, hidden))
                        : Optional.empty()))
            : Optional.empty();
    return new MoeWeights(plain.gate, plain.in, plain.out, linear, bias);
  }

  private static Tensor uniform(Philox philox, long stream, int width, long... shape) {
    float[] values =
        new float
            [ArgumentChecks.arrayLengthOr(
                "use fewer experts or smaller widths", "moe: weights", shape)];
    double bound = Math.sqrt(3.0 / width);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * philox.uniform(i, stream) - 1) * bound);
    }
    return Tensor.of(values, shape);
  }

  /**
   * All weights, in the order of the inputs of {@link MoePrograms#layer(MoeSpec)}: wg, wi, wo, then
   * those of wv, b_in, b_out and b_v that the layer has.
   *
   * @return the tensors
   */
  public List<Tensor> tensors() {
    return all(gate, in, out, linear, bias);
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
   * The dtype of all weights.
   *
   * @return the dtype
   */
  public DType dtype() {
    return gate.dtype();
  }
}
