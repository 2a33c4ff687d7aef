package io.github.shardsum.propagation;

import java.util.Objects;

/**
 * How layouts are completed; an immutable value.
 *
 * @param strict whether a conflict, and a program without any annotation, is an error
 * @param pricing the rule that decides a conflict
 */
public record PropagationOptions(boolean strict, Pricing pricing) {
  /** Checks nothing but nulls. */
  public PropagationOptions {
    Objects.requireNonNull(pricing, "pricing");
  }

  /**
   * Conflicts are decided by the elements that devices must receive.
   *
   * @return the options
   */
  public static PropagationOptions defaults() {
    return new PropagationOptions(false, Pricing.elements());
  }

  /**
   * The same with conflicts as errors.
   *
   * @return changed options
   */
  public PropagationOptions asStrict() {
    return new PropagationOptions(true, pricing);
  }

  /**
   * The same with other prices.
   *
   * @param other the prices
   * @return changed options
   */
  public PropagationOptions withPricing(Pricing other) {
    return new PropagationOptions(strict, other);
  }
}
