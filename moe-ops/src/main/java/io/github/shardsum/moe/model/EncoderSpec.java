package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.route.ArgumentChecks;

/**
 * The sizes of an encoder of texts (BERT, Devlin et al., 2018) as data; {@link EncoderPrograms}
 * makes its programs. Each layer is attention in both directions and a feed-forward network with
 * gelu, and a layer norm after each sum with its input. An immutable value.
 *
 * @param vocabulary V, number of tokens
 * @param model M, width of a token
 * @param positions P, the longest text in tokens
 * @param kinds U, kinds of tokens; texts have kind 0
 * @param layers number of layers
 * @param heads A, heads of attention; a divisor of M
 * @param hidden H, the inner width of a feed-forward network
 * @param epsilon the number added to the variance of a norm
 */
public record EncoderSpec(
    int vocabulary,
    int model,
    int positions,
    int kinds,
    int layers,
    int heads,
    int hidden,
    double epsilon) {
  /** Checks the sizes. */
  public EncoderSpec {
    ArgumentChecks.atLeast("encoder: vocabulary", 1, vocabulary);
    ArgumentChecks.atLeast("encoder: model", 1, model);
    ArgumentChecks.atLeast("encoder: positions", 1, positions);
    ArgumentChecks.atLeast("encoder: kinds", 1, kinds);
    ArgumentChecks.atLeast("encoder: layers", 1, layers);
    ArgumentChecks.atLeast("encoder: heads", 1, heads);
    ArgumentChecks.atLeast("encoder: hidden", 1, hidden);
    if (model % heads != 0) {
      throw new IllegalArgumentException(
          "encoder: heads must be a divisor of " + model + ", got " + heads);
    }
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("encoder: epsilon must be at least 0, got " + epsilon);
    }
  }
}
