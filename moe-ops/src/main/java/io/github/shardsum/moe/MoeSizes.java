package io.github.shardsum.moe;

import io.github.shardsum.tensor.Shape;

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
    Checks.atLeast("moe: groups G", 0, groups);
    Checks.atLeast("moe: tokens S", 0, tokens);
    Checks.atLeast("moe: experts E", 1, experts);
    Checks.atLeast("moe: capacity C", 1, capacity);
    Checks.atLeast("moe: model width M", 1, model);
    Checks.atLeast("moe: hidden width H", 1, hidden);
  }

  /**
   * The shape that letters stand for.
   *
   * @param letters some of G, S, E, C, M and H, as {@code "EGCM"}
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
              "moe: one of the letters G, S, E, C, M and H is wanted, got " + letter);
    };
  }
}
