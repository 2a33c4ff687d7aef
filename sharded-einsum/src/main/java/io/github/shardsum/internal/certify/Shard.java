package io.github.shardsum.internal.certify;

import java.util.ArrayList;
import java.util.List;

/**
 * What one device holds of a value.
 *
 * @param box the global indices, an interval a dimension
 * @param terms which terms of their sums it has added up
 */
record Shard(List<Interval> box, Terms terms) {
  Shard {
    box = List.copyOf(box);
  }

  Shard with(int dim, Interval interval) {
    List<Interval> changed = new ArrayList<>(box);
    changed.set(dim, interval);
    return new Shard(changed, terms);
  }

  @Override
  public String toString() {
    return box + (terms.equals(Terms.COMPLETE) ? "" : " of the sum of " + terms.terms());
  }
}
