package io.github.shardsum.internal.reduce;

import java.util.List;

/** Combines the sources below a node. */
public interface TreeReducer {
  /**
   * Combines terms begin to end - 1 below a node.
   *
   * @param root the node
   * @param begin the first term
   * @param end one past the last
   * @param sinks the destinations of the results, at least one
   */
  void run(int root, long begin, long end, List<ReductionSink> sinks);
}
