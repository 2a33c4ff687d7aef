package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.tensor.Shape;

/**
 * The form of a pass of the layer.
 *
 * @param sizes G, S, E, C, M and H
 * @param choices K, experts of a token; E where experts choose
 * @param gated whether experts have a second product of their input
 */
record MoeLayerForm(MoeSizes sizes, int choices, boolean gated) {
  /** R, an upper bound of the number of rows. */
  long rows() {
    long all = sizes.groups() * sizes.tokens() * choices;
    return Math.min(all, sizes.groups() * sizes.experts() * sizes.capacity());
  }

  /** The shape for some letters: those of {@link MoeSizes}, K and R. */
  Shape shape(String letters) {
    return Shape.of(letters.chars().mapToLong(letter -> size((char) letter)).toArray());
  }

  private long size(char letter) {
    return switch (letter) {
      case 'K' -> choices;
      case 'R' -> rows();
      default -> sizes.shape(Character.toString(letter)).size(0);
    };
  }
}
