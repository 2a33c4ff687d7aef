package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.route.Checks;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.DType;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Which Transformer programs are to be of; an immutable value.
 *
 * <p>Every other layer of encoder and decoder has experts in place of its feed-forward network. The
 * latter is 2 * hidden wide, so that a token costs the same multiply-adds in both: two experts of
 * hidden each.
 *
 * @param vocabulary V, tokens of source and target together; token 0 is padding
 * @param model M, width of a token
 * @param heads A, attention heads
 * @param key D, width of a head's queries, keys and values
 * @param hidden H, width inside an expert
 * @param layers layers of the encoder, and of the decoder
 * @param experts E; 1 is the dense model of equal multiply-adds a token, without a router
 * @param positions P, the longest source or target in tokens
 * @param groups into how many groups a batch is routed, or as many as divide it evenly
 * @param route how tokens are sent to experts
 * @param dtype of parameters and activations: f32 or f64
 */
public record TransformerSpec(
    int vocabulary,
    int model,
    int heads,
    int key,
    int hidden,
    int layers,
    int experts,
    int positions,
    int groups,
    RouteOptions route,
    DType dtype) {
  /** Padding, which is masked everywhere. */
  public static final int PADDING = 0;

  /** The token from which a target's first token is predicted. */
  public static final int BEGIN = 1;

  /** The token that ends a source and a target. */
  public static final int END = 2;

  private static final Pattern SIZE = Pattern.compile("\\d{1,9}");

  /** Checks the sizes. */
  public TransformerSpec {
    Checks.atLeast("transformer: vocabulary", END + 1, vocabulary);
    Checks.atLeast("transformer: model", 1, model);
    Checks.atLeast("transformer: heads", 1, heads);
    Checks.atLeast("transformer: key", 1, key);
    Checks.atLeast("transformer: hidden", 1, hidden);
    Checks.atLeast("transformer: layers", 1, layers);
    Checks.atLeast("transformer: experts", 1, experts);
    Checks.atLeast("transformer: positions", 1, positions);
    Checks.atLeast("transformer: groups", 1, groups);
    Objects.requireNonNull(route, "route");
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("transformer: dtype must be f32 or f64, got " + dtype);
    }
  }

  /**
   * Whether a layer has experts: every other one, the second first.
   *
   * @param layer its index
   * @return whether its feed-forward network is experts
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
    return new TransformerSpec(
        vocabulary, model, heads, key, hidden, layers, number, positions, groups, route, dtype);
  }

  /**
   * The same model with another route.
   *
   * @param other how tokens are sent to experts
   * @return the specification
   */
  public TransformerSpec withRoute(RouteOptions other) {
    return new TransformerSpec(
        vocabulary, model, heads, key, hidden, layers, experts, positions, groups, other, dtype);
  }

  /** A notation that {@link #parse} reads. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "vocabulary=%d model=%d heads=%d key=%d hidden=%d layers=%d experts=%d positions=%d groups=%d dtype=%s; %s",
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
   * @param notation as {@link #toString} prints it
   * @return an equal specification
   * @throws IllegalArgumentException if it is another text
   */
  public static TransformerSpec parse(String notation) {
    String[] parts = notation.split("; ", 2);
    String[] words = parts[0].split(" ", -1);
    if (parts.length < 2 || words.length != 10) {
      throw new IllegalArgumentException(
          "transformer: expected ten sizes and a route, got \"" + notation + "\"");
    }
    int[] sizes = new int[9];
    for (int i = 0; i < sizes.length; i++) {
      String size = words[i].substring(words[i].indexOf('=') + 1);
      if (!SIZE.matcher(size).matches()) {
        throw new IllegalArgumentException(
            "transformer: a size must be a whole number of at most 9 digits, got \""
                + words[i]
                + "\"");
      }
      sizes[i] = Integer.parseInt(size);
    }
    TransformerSpec spec =
        new TransformerSpec(
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3],
            sizes[4],
            sizes[5],
            sizes[6],
            sizes[7],
            sizes[8],
            RouteOptions.parse(parts[1]),
            DType.parse(words[9].substring(words[9].indexOf('=') + 1)));
    if (!spec.toString().equals(notation)) {
      throw new IllegalArgumentException(
          "transformer: expected as " + spec + ", got \"" + notation + "\"");
    }
    return spec;
  }
}
