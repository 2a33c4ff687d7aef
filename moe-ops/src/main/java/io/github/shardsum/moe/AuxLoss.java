package io.github.shardsum.moe;

import java.util.Objects;

/**
 * The load-balancing loss of a group, made of the share of choices {@code c[e]/S} and the mean gate
 * {@code m[e]} of each expert.
 *
 * @param scale the factor before the sum over experts of {@code c[e]/S * m[e]}
 * @param choices which choices are counted, before truncation by the capacity
 * @param mean how padding enters {@code m} and the divisor S; it never enters the counts
 */
public record AuxLoss(Scale scale, Choices choices, MaskedMean mean) {
  /** Checks that nothing is null. */
  public AuxLoss {
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(choices, "choices");
    Objects.requireNonNull(mean, "mean");
  }

  /** The factor before the sum over experts. */
  public enum Scale {
    /** {@code 1/E}: the mean over experts, the paper's. */
    MEAN,
    /** {@code E}: E^2 times the mean, 1 for an even load of one choice (Switch and most others). */
    SQUARED_EXPERTS
  }

  /** Which choices are counted. */
  public enum Choices {
    /** First choices, the paper's. */
    FIRST,
    /** All that asked for a slot: an even load of k choices counts k (MaxText, Flaxformer). */
    ALL,
    /** All that asked for a slot, divided by k (DeepSpeed's top-k). */
    ALL_OVER_K
  }

  /**
   * The paper's: {@code (1/E) * sum over e of c[e]/S * m[e]} over first choices.
   *
   * @return the loss
   */
  public static AuxLoss paper() {
    return new AuxLoss(Scale.MEAN, Choices.FIRST, MaskedMean.OVER_GROUP);
  }

  /**
   * E^2 times the mean over experts, over first choices.
   *
   * @return the loss
   */
  public static AuxLoss squaredExperts() {
    return new AuxLoss(Scale.SQUARED_EXPERTS, Choices.FIRST, MaskedMean.OVER_GROUP);
  }

  /**
   * This loss over other choices.
   *
   * @param counted which choices are counted
   * @return the loss
   */
  public AuxLoss over(Choices counted) {
    return new AuxLoss(scale, counted, mean);
  }

  /**
   * This loss with another treatment of padding.
   *
   * @param masked how padding enters
   * @return the loss
   */
  public AuxLoss mean(MaskedMean masked) {
    return new AuxLoss(scale, choices, masked);
  }
}
