package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.program.Nested.Composite;
import java.util.List;
import java.util.Optional;

/** Finds the code of composites, and the partitions that composites define themselves. */
public interface PartitionFinder extends CompositeCode.Finder {
  /**
   * The partition of a composite.
   *
   * @return its partition; empty if its sharding rule decides
   */
  Optional<CompositePartition> partition(Composite composite);

  /**
   * Labels along which a composite's operands keep their splits.
   *
   * @return the labels, as in {@link CompositePartition#staying}
   */
  List<String> staying(Composite composite);
}
