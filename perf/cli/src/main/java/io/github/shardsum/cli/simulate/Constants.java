package io.github.shardsum.cli.simulate;

import java.util.Map;

/**
 * Values of the assumptions.
 *
 * @param changed the values that differ from the usual ones
 */
record Constants(Map<Assumption, Double> changed) {
  static final Constants USUAL = new Constants(Map.of());

  Constants {
    changed = Map.copyOf(changed);
  }

  double of(Assumption assumption) {
    return changed.getOrDefault(assumption, assumption.value());
  }
}
