package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.moe.RouteOptions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * The sizes and options of a decoder-only language model as data; {@link LanguagePrograms} makes
 * its programs. An immutable value, so that one builder serves all families of models.
 *
 * <p>Each layer is RMS norm, attention, RMS norm and a feed-forward network, both parts added to
 * their input. Networks are gated by silu.
 *
 * @param vocabulary V, number of tokens
 * @param model M, width of a token
 * @param context the longest sequence in tokens
 * @param epsilon the number added to the mean square of a norm
 * @param tied whether the logits' matrix is the embedding
 * @param layers the layers, first one first
 */
public record LanguageSpec(
    int vocabulary, int model, int context, double epsilon, boolean tied, List<Layer> layers) {
  /** Checks the sizes and copies the list. */
  public LanguageSpec {
    ArgumentChecks.atLeast("language: vocabulary", 1, vocabulary);
    ArgumentChecks.atLeast("language: model", 1, model);
    ArgumentChecks.atLeast("language: context", 1, context);
    layers = List.copyOf(layers);
    ArgumentChecks.atLeast("language: layers", 1, layers.size());
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("language: epsilon must be at least 0, got " + epsilon);
    }
  }

  /**
   * A layer.
   *
   * @param attention its attention
   * @param feed its feed-forward network
   */
  public record Layer(Attention attention, Feed feed) {
    /** Checks for null. */
    public Layer {
      Objects.requireNonNull(attention, "attention");
      Objects.requireNonNull(feed, "feed");
    }
  }

  /** Attention of a layer. */
  public sealed interface Attention {
    /**
     * The rotation of queries and keys by their positions.
     *
     * @return the rotation, or empty if positions do not enter
     */
    Optional<Rotary> rotary();

    /**
     * The positions that a position attends to.
     *
     * @return the mask
     */
    Mask mask();
  }

  /**
   * Attention of C key heads, each shared by R query heads.
   *
   * @param keyHeads C
   * @param groups R
   * @param width D, the width of a head
   * @param biases whether queries, keys and values have biases
   * @param outputBias whether the output has a bias
   * @param norm the norm of queries and keys
   * @param sinks whether each query head has a logit that takes a part of the weights
   * @param rotary the rotation; none if positions do not enter
   * @param mask the positions that a position attends to
   * @param temperature the growth of queries with their position, if any
   */
  public record Grouped(
      int keyHeads,
      int groups,
      int width,
      boolean biases,
      boolean outputBias,
      QueryNorm norm,
      boolean sinks,
      Optional<Rotary> rotary,
      Mask mask,
      Optional<Temperature> temperature)
      implements Attention {
    /** Checks the sizes. */
    public Grouped {
      ArgumentChecks.atLeast("attention: key heads", 1, keyHeads);
      ArgumentChecks.atLeast("attention: query heads of a key head", 1, groups);
      ArgumentChecks.atLeast("attention: width", 1, width);
      rotary.ifPresent(each -> each.checkFits(width));
    }
  }

  /**
   * Attention over a latent vector for each position (multi-head latent attention, DeepSeek-V2).
   *
   * @param heads A
   * @param queryRank the width of the queries' own latent vector; 0 for queries from tokens
   * @param latent L, the width of the latent vector
   * @param plain the part of a head's width without rotation
   * @param rotated the part with rotation, whose key all heads share
   * @param value Z, the width of a head's values
   * @param rotation the rotation of the rotated part
   * @param mask the positions that a position attends to
   * @param scale the factor of scores
   * @param epsilon the number added to the mean square in the norms of latent vectors
   */
  public record Latent(
      int heads,
      int queryRank,
      int latent,
      int plain,
      int rotated,
      int value,
      Rotary rotation,
      Mask mask,
      double scale,
      double epsilon)
      implements Attention {
    /** Checks the sizes. */
    public Latent {
      ArgumentChecks.atLeast("attention: heads", 1, heads);
      ArgumentChecks.atLeast("attention: rank of queries", 0, queryRank);
      ArgumentChecks.atLeast("attention: latent width", 1, latent);
      ArgumentChecks.atLeast("attention: plain width", 1, plain);
      ArgumentChecks.atLeast("attention: rotated width", 2, rotated);
      ArgumentChecks.atLeast("attention: value width", 1, value);
      rotation.checkFits(rotated);
    }

    @Override
    public Optional<Rotary> rotary() {
      return Optional.of(rotation);
    }
  }

  /** The norm of queries and keys, which divides by the root of the mean square. */
  public enum QueryNorm {
    /** No norm. */
    NONE,
    /** Of each head, with learnt factors, before the rotation. */
    HEAD,
    /** Of all heads together, with learnt factors, before the rotation. */
    WHOLE,
    /** Of each head, without factors, after the rotation. */
    UNIT
  }

  /**
   * Factor {@code 1 + scale ln(1 + floor((p + 1) / floor))} of the queries at position p.
   *
   * @param scale the factor of the logarithm
   * @param floor the number of positions of a step
   */
  public record Temperature(double scale, double floor) {
    /**
     * The factor.
     *
     * @param position p
     * @return the factor of the queries
     */
    public double at(long position) {
      return 1 + scale * Math.log1p(Math.floor((position + 1) / floor));
    }
  }

  /** The positions that a position attends to; always itself and none behind it. */
  public sealed interface Mask {
    /** All positions up to its own. */
    record Causal() implements Mask {}

    /**
     * The last positions.
     *
     * @param size their number, with the position itself
     */
    record Window(int size) implements Mask {}

    /**
     * The positions of its own chunk.
     *
     * @param size positions in a chunk
     */
    record Chunk(int size) implements Mask {}

    /**
     * Whether a position attends to another.
     *
     * @param query the position that attends
     * @param key the other position
     * @return whether it does
     */
    default boolean allows(long query, long key) {
      return key <= query
          && switch (this) {
            case Causal() -> true;
            case Window(int size) -> query - key < size;
            case Chunk(int size) -> query / size == key / size;
          };
    }
  }

  /**
   * The rotation of pairs of elements by angles in proportion to the position (Su et al., 2021).
   *
   * @param dimensions the number of rotated elements; the rest of a head stays
   * @param base the base of the wavelengths
   * @param neighbours whether pairs are neighbours; otherwise the second elements are the second
   *     half of the dimensions
   * @param scaling the change of frequencies for contexts longer than the first training's
   */
  public record Rotary(int dimensions, double base, boolean neighbours, Scaling scaling) {
    /** Checks the dimensions. */
    public Rotary {
      Objects.requireNonNull(scaling, "scaling");
      if (dimensions < 2 || dimensions % 2 != 0) {
        throw new IllegalArgumentException(
            "rotary: dimensions must be even and at least 2, got " + dimensions);
      }
    }

    private void checkFits(int width) {
      if (dimensions > width) {
        throw new IllegalArgumentException(
            "rotary: dimensions must be at most the width " + width + ", got " + dimensions);
      }
    }

    /**
     * The angle of each pair for one position, in f32 as other implementations have it.
     *
     * @return a fresh array of dimensions/2
     */
    public float[] frequencies() {
      float[] frequencies = new float[dimensions / 2];
      for (int i = 0; i < frequencies.length; i++) {
        double plain = Math.pow(base, -2.0 * i / dimensions);
        frequencies[i] = (float) scaling.scaled(plain, i, this);
      }
      return frequencies;
    }
  }

  /** A change of the frequencies of a rotation. */
  public sealed interface Scaling {
    /** No change. */
    record None() implements Scaling {}

    /**
     * All frequencies divided by a factor.
     *
     * @param factor the factor
     */
    record Linear(double factor) implements Scaling {}

    /**
     * Each frequency divided by its own factor.
     *
     * @param factors a factor for each pair
     */
    record Divisors(List<Double> factors) implements Scaling {
      /** Copies the list. */
      public Divisors {
        factors = List.copyOf(factors);
      }
    }

    /**
     * Long wavelengths divided by a factor, short ones kept, and a smooth change between (Llama 3).
     *
     * @param factor the factor
     * @param low wavelengths above original/low are long
     * @param high wavelengths below original/high are short
     * @param original the context of the first training
     */
    record Llama3(double factor, double low, double high, double original) implements Scaling {}

    /**
     * Frequencies between two corners changed in proportion to their index (YARN, Peng et al.,
     * 2023).
     *
     * @param factor the factor of low frequencies
     * @param original the context of the first training
     * @param fast the rotations of a context at the first corner
     * @param slow the rotations at the last corner
     * @param truncated whether corners are rounded outwards to whole indices
     * @param magnitude the factor of rotated elements
     */
    record Yarn(
        double factor,
        double original,
        double fast,
        double slow,
        boolean truncated,
        double magnitude)
        implements Scaling {}

    /**
     * The factor of rotated elements.
     *
     * @return 1 except for YARN
     */
    default double magnitudeOfRotated() {
      return this instanceof Yarn yarn ? yarn.magnitude() : 1;
    }

    private double scaled(double frequency, int index, Rotary rotary) {
      return switch (this) {
        case None() -> frequency;
        case Linear(double factor) -> frequency / factor;
        case Divisors(List<Double> factors) -> frequency / factors.get(index);
        case Llama3(double factor, double low, double high, double original) -> {
          double turns = original * frequency / (2 * Math.PI);
          double share = Math.clamp((turns - low) / (high - low), 0, 1);
          yield (1 - share) * frequency / factor + share * frequency;
        }
        case Yarn yarn -> {
          double first = Math.max(0, corner(yarn, rotary, yarn.fast(), false));
          double last = Math.min(rotary.dimensions() - 1, corner(yarn, rotary, yarn.slow(), true));
          double width = first == last ? 0.001 : last - first;
          double share = Math.clamp((index - first) / width, 0, 1);
          yield frequency * (1 - share) + frequency / yarn.factor() * share;
        }
      };
    }

    /** The index of the pair that turns a number of times in the context of the first training. */
    private static double corner(Yarn yarn, Rotary rotary, double turns, boolean up) {
      double index =
          rotary.dimensions()
              * Math.log(yarn.original() / (turns * 2 * Math.PI))
              / (2 * Math.log(rotary.base()));
      return yarn.truncated() ? up ? Math.ceil(index) : Math.floor(index) : index;
    }
  }

  /** The feed-forward network of a layer. */
  public sealed interface Feed {
    /**
     * One network for all tokens.
     *
     * @param hidden H, its inner width
     */
    record Dense(int hidden) implements Feed {
      /** Checks the width. */
      public Dense {
        ArgumentChecks.atLeast("feed: hidden", 1, hidden);
      }
    }

    /**
     * Experts, among which a router chooses for each token.
     *
     * @param route how tokens are sent to experts; no token is dropped, so its capacity is the
     *     largest load
     * @param experts E
     * @param hidden H, the inner width of an expert
     * @param clampedBiased whether the router and the experts have biases and the activation is
     *     gpt-oss's, {@code z logistic(1.702 z) (v + 1)} with z at most 7 and v in [-7, 7]
     * @param choiceBias whether a bias is added to gates for the choice only
     * @param scale the factor of the experts' sum
     * @param weightsOnInput whether a token is multiplied by its weight before its expert, which is
     *     its only one
     * @param sharedHidden the inner width of a network for all tokens beside the experts; 0 for
     *     none
     */
    record Experts(
        RouteOptions route,
        int experts,
        int hidden,
        boolean clampedBiased,
        boolean choiceBias,
        double scale,
        boolean weightsOnInput,
        int sharedHidden)
        implements Feed {
      /** Checks the sizes. */
      public Experts {
        Objects.requireNonNull(route, "route");
        ArgumentChecks.atLeast("feed: experts", 1, experts);
        ArgumentChecks.atLeast("feed: hidden", 1, hidden);
        ArgumentChecks.atLeast("feed: shared hidden", 0, sharedHidden);
        if (weightsOnInput && route.router().choices() != 1) {
          throw new IllegalArgumentException(
              "feed: a token must have one expert for weights on its input, got " + route);
        }
      }
    }
  }

  /**
   * The different rotations of the layers; programs have the angles of each once.
   *
   * @return a fresh list, in the order of layers
   */
  public List<Rotary> rotations() {
    return distinct(layer -> layer.attention().rotary());
  }

  /**
   * The different masks of the layers.
   *
   * @return a fresh list, in the order of layers
   */
  public List<Mask> masks() {
    return distinct(layer -> Optional.of(layer.attention().mask()));
  }

  /**
   * The different temperatures of the layers.
   *
   * @return a fresh list, in the order of layers
   */
  public List<Temperature> temperatures() {
    return distinct(
        layer -> layer.attention() instanceof Grouped own ? own.temperature() : Optional.empty());
  }

  private <T> List<T> distinct(Function<Layer, Optional<T>> part) {
    return layers.stream().map(part).flatMap(Optional::stream).distinct().toList();
  }
}
