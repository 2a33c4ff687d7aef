package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The sizes and options of a Transformer; its programs are made from them. An immutable value.
 *
 * <p>Every other layer of encoder and decoder has experts in place of its feed-forward network. A
 * feed-forward network has width 2 * hidden. A token therefore costs the same multiply-adds there
 * as in two experts of width hidden.
 */
public final class TransformerSpec {
  /** Padding, which is masked everywhere. */
  public static final int PADDING = 0;

  /** The token that precedes a target's first token. */
  public static final int BEGIN = 1;

  /** The token that ends a source and a target. */
  public static final int END = 2;

  private static final Pattern SIZE = Pattern.compile("\\d{1,9}");

  private final int vocabulary;
  private final int model;
  private final int heads;
  private final int key;
  private final int hidden;
  private final int layers;
  private final int experts;
  private final int positions;
  private final int groups;
  private final RouteOptions route;
  private final DType dtype;

  private TransformerSpec(Builder from) {
    this.vocabulary = from.vocabulary;
    this.model = from.model;
    this.heads = from.heads;
    this.key = from.key;
    this.hidden = from.hidden;
    this.layers = from.layers;
    this.experts = from.experts;
    this.positions = from.positions;
    this.groups = from.groups;
    this.route = from.route;
    this.dtype = from.dtype;
    ArgumentChecks.atLeast("transformer: vocabulary", END + 1, vocabulary);
    ArgumentChecks.atLeast("transformer: model", 1, model);
    ArgumentChecks.atLeast("transformer: heads", 1, heads);
    ArgumentChecks.atLeast("transformer: key", 1, key);
    ArgumentChecks.atLeast("transformer: hidden", 1, hidden);
    ArgumentChecks.atLeast("transformer: layers", 1, layers);
    ArgumentChecks.atLeast("transformer: experts", 1, experts);
    ArgumentChecks.atLeast("transformer: positions", 1, positions);
    ArgumentChecks.atLeast("transformer: groups", 1, groups);
    Objects.requireNonNull(route, "route");
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("transformer: dtype must be f32 or f64, got " + dtype);
    }
  }

  /** {@return V, tokens of source and target together; token 0 is padding} */
  public int vocabulary() {
    return vocabulary;
  }

  /** {@return M, width of a token} */
  public int model() {
    return model;
  }

  /** {@return A, attention heads} */
  public int heads() {
    return heads;
  }

  /** {@return D, width of a head's queries, keys and values} */
  public int key() {
    return key;
  }

  /** {@return H, width inside an expert} */
  public int hidden() {
    return hidden;
  }

  /** {@return layers of the encoder, and of the decoder} */
  public int layers() {
    return layers;
  }

  /**
   * {@return E; 1 means the dense model without a router, with the same multiply-adds for each
   * token}
   */
  public int experts() {
    return experts;
  }

  /** {@return P, the longest source or target in tokens} */
  public int positions() {
    return positions;
  }

  /**
   * {@return the number of groups into which a batch is routed; there are fewer if this number does
   * not divide the batch}
   */
  public int groups() {
    return groups;
  }

  /** {@return how tokens are sent to experts} */
  public RouteOptions route() {
    return route;
  }

  /** {@return the dtype of parameters and activations: f32 or f64} */
  public DType dtype() {
    return dtype;
  }

  /**
   * Whether a layer has experts: every other layer, beginning with the second.
   *
   * @param layer the index of the layer
   * @return whether the layer has experts in place of a feed-forward network
   */
  public boolean hasExperts(int layer) {
    return experts > 1 && layer % 2 == 1;
  }

  /**
   * The same model with another number of experts.
   *
   * @param number E
   * @return the specification
   */
  public TransformerSpec withExperts(int number) {
    return toBuilder().experts(number).build();
  }

  /**
   * The same model with another route.
   *
   * @param other how tokens are sent to experts
   * @return the specification
   */
  public TransformerSpec withRoute(RouteOptions other) {
    return toBuilder().route(other).build();
  }

  private List<Object> values() {
    return List.of(
        vocabulary, model, heads, key, hidden, layers, experts, positions, groups, route, dtype);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TransformerSpec that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  /** A notation that {@link #parse} reads. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "vocabulary=%d model=%d heads=%d key=%d hidden=%d layers=%d experts=%d"
            + " positions=%d groups=%d dtype=%s; %s",
        vocabulary,
        model,
        heads,
        key,
        hidden,
        layers,
        experts,
        positions,
        groups,
        dtype,
        route);
  }

  /**
   * Reads the notation.
   *
   * @param notation the notation, as {@link #toString} prints it
   * @return an equal specification
   * @throws IllegalArgumentException if the text is not such a notation
   */
  public static TransformerSpec parse(String notation) {
    String[] parts = notation.split("; ", 2);
    String[] words = parts[0].split(" ", -1);
    if (parts.length < 2 || words.length != 10) {
      throw new IllegalArgumentException(
          "transformer: expected ten sizes and a route, got \"" + notation + "\"");
    }
    Iterator<String> values =
        Arrays.stream(words).map(word -> word.substring(word.indexOf('=') + 1)).iterator();
    for (String word : Arrays.asList(words).subList(0, 9)) {
      checkSize(word);
    }
    TransformerSpec spec =
        builder()
            .vocabulary(Integer.parseInt(values.next()))
            .model(Integer.parseInt(values.next()))
            .heads(Integer.parseInt(values.next()))
            .key(Integer.parseInt(values.next()))
            .hidden(Integer.parseInt(values.next()))
            .layers(Integer.parseInt(values.next()))
            .experts(Integer.parseInt(values.next()))
            .positions(Integer.parseInt(values.next()))
            .groups(Integer.parseInt(values.next()))
            .dtype(DType.parse(values.next()))
            .route(RouteOptions.parse(parts[1]))
            .build();
    if (!spec.toString().equals(notation)) {
      throw new IllegalArgumentException(
          "transformer: expected as " + spec + ", got \"" + notation + "\"");
    }
    return spec;
  }

  private static void checkSize(String word) {
    if (!SIZE.matcher(word.substring(word.indexOf('=') + 1)).matches()) {
      throw new IllegalArgumentException(
          "transformer: a size must be a whole number of at most 9 digits, got \"" + word + "\"");
    }
  }

  /**
   * A builder for a model. Sizes must be set.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A builder that starts from this model.
   *
   * @return the builder
   */
  public Builder toBuilder() {
    return new Builder()
        .vocabulary(vocabulary)
        .model(model)
        .heads(heads)
        .key(key)
        .hidden(hidden)
        .layers(layers)
        .experts(experts)
        .positions(positions)
        .groups(groups)
        .route(route)
        .dtype(dtype);
  }

  /** Collects the sizes of a model; not thread-safe. */
  public static final class Builder {
    private int vocabulary;
    private int model;
    private int heads;
    private int key;
    private int hidden;
    private int layers;
    private int experts = 1;
    private int positions;
    private int groups = 1;
    private RouteOptions route = RouteOptions.paper();
    private DType dtype = DType.F32;

    private Builder() {}

    /**
     * Sets the number V of tokens of source and target together.
     *
     * @param value the size
     * @return this
     */
    public Builder vocabulary(int value) {
      vocabulary = value;
      return this;
    }

    /**
     * Sets the width M of a token.
     *
     * @param value the size
     * @return this
     */
    public Builder model(int value) {
      model = value;
      return this;
    }

    /**
     * Sets the number A of attention heads.
     *
     * @param value the number
     * @return this
     */
    public Builder heads(int value) {
      heads = value;
      return this;
    }

    /**
     * Sets the width D of a head's queries, keys and values.
     *
     * @param value the size
     * @return this
     */
    public Builder key(int value) {
      key = value;
      return this;
    }

    /**
     * Sets the width H inside an expert.
     *
     * @param value the size
     * @return this
     */
    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    /**
     * Sets the number of layers of the encoder, and of the decoder.
     *
     * @param value the number
     * @return this
     */
    public Builder layers(int value) {
      layers = value;
      return this;
    }

    /**
     * Sets the number E of experts; if not set, 1, which is the dense model.
     *
     * @param value the number
     * @return this
     */
    public Builder experts(int value) {
      experts = value;
      return this;
    }

    /**
     * Sets the length P of the longest source or target, in tokens.
     *
     * @param value the size
     * @return this
     */
    public Builder positions(int value) {
      positions = value;
      return this;
    }

    /**
     * Sets the number of groups into which a batch is routed; 1 if not set.
     *
     * @param value the number
     * @return this
     */
    public Builder groups(int value) {
      groups = value;
      return this;
    }

    /**
     * Sets the router's options; those of the paper if not set.
     *
     * @param value the options
     * @return this
     */
    public Builder route(RouteOptions value) {
      route = value;
      return this;
    }

    /**
     * Sets the dtype of parameters and activations; f32 if not set.
     *
     * @param value f32 or f64
     * @return this
     */
    public Builder dtype(DType value) {
      dtype = value;
      return this;
    }

    /**
     * The model.
     *
     * @return the specification
     * @throws IllegalArgumentException if a size is not set or out of range, or the dtype is
     *     neither f32 nor f64
     */
    public TransformerSpec build() {
      return new TransformerSpec(this);
    }
  }
}
