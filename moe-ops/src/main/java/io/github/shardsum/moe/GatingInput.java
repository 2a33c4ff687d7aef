package io.github.shardsum.moe;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;

/**
 * What a router decides by.
 *
 * @param scores {@code [G, S, E]} of f32, f64 or bf16
 * @param kind what the scores are
 * @param nonPadding {@code [G, S]}, not zero where the token is real; all are if absent
 */
public record GatingInput(Tensor scores, Kind kind, Optional<Tensor> nonPadding) {
  /** What scores are. */
  public enum Kind {
    /** The router's raw outputs; the gates are their softmax over the experts, taken in f64. */
    LOGITS,
    /**
     * Gates: at least 0 and finite, of any sum, even one that is not finite; 0 where the token may
     * not have the expert. There is no z-loss then.
     */
    GATES
  }

  /** Checks shapes and dtypes. */
  public GatingInput {
    Checks.rank("gating: scores", "[G, S, E]", scores);
    Checks.floating("gating: scores", scores);
    Checks.atLeast("gating: experts E", 1, scores.size(2));
    if (nonPadding.isPresent()) {
      Shape wanted = Shape.of(scores.size(0), scores.size(1));
      Checks.shape("gating: padding mask", "[G, S]", wanted, nonPadding.get());
    }
  }

  /**
   * Raw router outputs.
   *
   * @param logits {@code [G, S, E]}
   * @return the input, without padding
   */
  public static GatingInput logits(Tensor logits) {
    return new GatingInput(logits, Kind.LOGITS, Optional.empty());
  }

  /**
   * Gates.
   *
   * @param gates {@code [G, S, E]}
   * @return the input, without padding
   */
  public static GatingInput gates(Tensor gates) {
    return new GatingInput(gates, Kind.GATES, Optional.empty());
  }

  /**
   * The same scores with padding: such a token takes no slot and is counted nowhere; its scores may
   * be anything unless a {@link MaskedMean#UNMASKED} mean includes them.
   *
   * @param mask {@code [G, S]}, not zero where the token is real
   * @return the input
   */
  public GatingInput withNonPadding(Tensor mask) {
    return new GatingInput(scores, kind, Optional.of(Objects.requireNonNull(mask, "mask")));
  }

  /**
   * Number of groups G.
   *
   * @return the size
   */
  public long groups() {
    return scores.size(0);
  }

  /**
   * Tokens in a group S, padding included.
   *
   * @return the size
   */
  public long groupSize() {
    return scores.size(1);
  }

  /**
   * Number of experts E.
   *
   * @return the size
   */
  public long experts() {
    return scores.size(2);
  }
}
