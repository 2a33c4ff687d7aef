package io.github.shardsum.internal.certify;

import java.util.ArrayList;
import java.util.List;

/**
 * What one device holds of a value.
 *
 * @param box the global indices, an interval a dimension
 * @param region which terms of their sums it has added up
 */
record Shard(List<Interval> box, Region region) {
  Shard {
    box = List.copyOf(box);
  }

  Shard with(int dim, Interval interval) {
    List<Interval> changed = new ArrayList<>(box);
    changed.set(dim, interval);
    return new Shard(changed, region);
  }

  Shard with(Region changed) {
    return new Shard(box, changed);
  }

  /** Equal but for one dimension. */
  boolean isBeside(Shard other, int dim) {
    return region.equals(other.region) && with(dim, other.box.get(dim)).box.equals(other.box);
  }

  @Override
  public String toString() {
    return box + (region.equals(Region.COMPLETE) ? "" : " of the sum over " + region);
  }
}
