package io.github.shardsum.propagation;

import java.util.Objects;

/**
 * Options of propagation; an immutable value.
 *
 * @param strict whether a conflict, or a program without any annotation, is an error
 * @param pricing the rule that decides a conflict
 */
public record PropagationOptions(boolean strict, Pricing pricing) {
  /** Checks for nulls. */
  public PropagationOptions {
    Objects.requireNonNull(pricing, "pricing");
  }

  /**
   * The options by which conflicts are decided by the elements that devices must receive.
   *
   * @return the options
   */
  public static PropagationOptions defaults() {
    return new PropagationOptions(false, Pricing.elements());
  }

  /**
   * The same options, but strict.
   *
   * @return changed options
   */
  public PropagationOptions asStrict() {
    return new PropagationOptions(true, pricing);
  }

  /**
   * The same options with other prices.
   *
   * @param other the prices
   * @return changed options
   */
  public PropagationOptions withPricing(Pricing other) {
    return new PropagationOptions(strict, other);
  }
}
