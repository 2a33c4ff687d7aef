package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.program.Nested.Composite;
import java.util.Optional;

/** Finds the code of composites, and the partition of those that bring their own. */
public interface PartitionFinder extends CompositeCode.Finder {
  /**
   * The partition of a composite.
   *
   * @param composite the composite
   * @return its partition; empty leaves it to its sharding rule
   */
  Optional<CompositePartition> partition(Composite composite);
}
