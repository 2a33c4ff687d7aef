package io.github.shardsum.propagation;

import java.util.List;
import java.util.Objects;

/** Options of propagation; an immutable value. */
public final class PropagationOptions {
  private final boolean strict;
  private final Pricing pricing;

  private PropagationOptions(boolean strict, Pricing pricing) {
    Objects.requireNonNull(pricing, "pricing");
    this.strict = strict;
    this.pricing = pricing;
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

  /** {@return whether a conflict, or a program without any annotation, is an error} */
  public boolean strict() {
    return strict;
  }

  /** {@return the rule that decides a conflict} */
  public Pricing pricing() {
    return pricing;
  }

  private List<Object> values() {
    return List.of(strict, pricing);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PropagationOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "PropagationOptions" + values();
  }
}
