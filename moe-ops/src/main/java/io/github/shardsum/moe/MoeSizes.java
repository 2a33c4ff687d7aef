package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * The sizes of a Mixture-of-Experts layer, by the paper's letters.
 *
 * @param groups G
 * @param tokens S, tokens in a group
 * @param experts E
 * @param capacity C, slots of one expert in one group
 * @param model M, width of a token
 * @param hidden H, width inside an expert
 */
public record MoeSizes(
    long groups, long tokens, long experts, long capacity, long model, long hidden) {
  /** Checks the sizes. */
  public MoeSizes {
    ArgumentChecks.atLeast("moe: groups G", 0, groups);
    ArgumentChecks.atLeast("moe: tokens S", 0, tokens);
    ArgumentChecks.atLeast("moe: experts E", 1, experts);
    ArgumentChecks.atLeast("moe: capacity C", 1, capacity);
    ArgumentChecks.atLeast("moe: model width M", 1, model);
    ArgumentChecks.atLeast("moe: hidden width H", 1, hidden);
  }

  /**
   * The sizes of a layer over given tokens.
   *
   * @param tokens {@code [G, S, M]}
   * @param weights the layer's weights, of width M
   * @param options the options, whose capacity gives C, see {@link Capacity#atMost}
   * @return the sizes
   * @throws IllegalArgumentException unless the tokens have rank 3, width M and the weights' dtype
   */
  public static MoeSizes of(Tensor tokens, MoeWeights weights, RouteOptions options) {
    ArgumentChecks.rank("moe: tokens", "[G, S, M]", tokens);
    if (tokens.dtype() != weights.dtype() || tokens.size(2) != weights.model()) {
      throw new IllegalArgumentException(
          "moe: tokens must be "
              + weights.dtype()
              + "[G, S, "
              + weights.model()
              + "], got "
              + tokens.description());
    }
    long groups = tokens.size(0);
    return of(
        groups, tokens.size(1), weights.experts(), weights.model(), weights.hidden(), options);
  }

  /**
   * The sizes, with C from the capacity of options.
   *
   * @param groups G
   * @param tokens S
   * @param experts E
   * @param model M
   * @param hidden H
   * @param options the options, whose capacity gives C, see {@link Capacity#atMost}
   * @return the sizes
   */
  public static MoeSizes of(
      long groups, long tokens, long experts, long model, long hidden, RouteOptions options) {
    long capacity = options.capacity().atMost(options.router().choices(), tokens, experts);
    return new MoeSizes(groups, tokens, experts, capacity, model, hidden);
  }

  /**
   * The shape that letters stand for.
   *
   * @param letters some of G, S, E, C, M and H, such as {@code "EGCM"}
   * @return their sizes
   * @throws IllegalArgumentException if there is another letter
   */
  public Shape shape(String letters) {
    return Shape.of(letters.chars().mapToLong(letter -> size((char) letter)).toArray());
  }

  private long size(char letter) {
    return switch (letter) {
      case 'G' -> groups;
      case 'S' -> tokens;
      case 'E' -> experts;
      case 'C' -> capacity;
      case 'M' -> model;
      case 'H' -> hidden;
      default ->
          throw new IllegalArgumentException(
              "moe: a letter must be one of G, S, E, C, M and H, got " + letter);
    };
  }
}
