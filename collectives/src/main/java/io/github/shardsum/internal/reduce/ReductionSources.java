package io.github.shardsum.internal.reduce;

import org.jspecify.annotations.Nullable;

/** The memory of the terms of a tree's nodes. */
@FunctionalInterface
public interface ReductionSources {
  /** The memory of a node's terms; null if they are combined from the nodes below. */
  @Nullable ReductionSource of(int node);
}
