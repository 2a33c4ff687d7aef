package io.github.shardsum.cli.simulate;

import java.util.Map;

/**
 * Values of the assumptions.
 *
 * @param changed the values that differ from the usual ones
 */
record AssumptionValues(Map<Assumption, Double> changed) {
  static final AssumptionValues USUAL = new AssumptionValues(Map.of());

  AssumptionValues {
    changed = Map.copyOf(changed);
  }

  double of(Assumption assumption) {
    return changed.getOrDefault(assumption, assumption.value());
  }
}
