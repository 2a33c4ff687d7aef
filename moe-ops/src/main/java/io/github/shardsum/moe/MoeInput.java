package io.github.shardsum.moe;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;

/**
 * Tokens for a Mixture-of-Experts layer.
 *
 * @param tokens {@code [G, S, M]}
 * @param nonPadding {@code [G, S]}, not zero where the token is real; all are if absent
 */
public record MoeInput(Tensor tokens, Optional<Tensor> nonPadding) {
  /** Checks the shapes. */
  public MoeInput {
    Checks.rank("moe: tokens", "[G, S, M]", tokens);
    if (nonPadding.isPresent()) {
      Shape wanted = Shape.of(tokens.size(0), tokens.size(1));
      Checks.shape("moe: padding mask", "[G, S]", wanted, nonPadding.get());
    }
  }

  /**
   * Tokens without padding.
   *
   * @param tokens {@code [G, S, M]}
   * @return the input
   */
  public static MoeInput of(Tensor tokens) {
    return new MoeInput(tokens, Optional.empty());
  }

  /**
   * The same tokens, some of which are padding: such a token reaches no expert and its output is 0.
   *
   * @param mask {@code [G, S]}, not zero where the token is real
   * @return the input
   */
  public MoeInput withNonPadding(Tensor mask) {
    return new MoeInput(tokens, Optional.of(Objects.requireNonNull(mask, "mask")));
  }
}
