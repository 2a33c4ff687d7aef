package io.github.shardsum.internal.reduce;

import org.jspecify.annotations.Nullable;

/** Where the terms of a tree's nodes are. */
@FunctionalInterface
public interface NodeSources {
  /** Where a node's terms are; null if they are to be combined from the nodes below it. */
  @Nullable NodeSource of(int node);
}
