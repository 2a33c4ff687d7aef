package io.github.shardsum.internal.assign;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A node while the graph is reduced. */
final class ReducibleNode {
  final int id;

  /** The cost of each remaining strategy. */
  long[] cost;

  /** The strategy's index in the problem; an array is replaced, never changed. */
  int[] label;

  /** Memory of this node and of the nodes that were merged into it. */
  List<Item> items = new ArrayList<>(1);

  /** Edges by the id of the other end. */
  final Map<Integer, ReducibleEdge> edges = new HashMap<>(4);

  boolean gone;
  boolean queued;

  /** Whether the node changed since dominated strategies were last searched for. */
  boolean changed = true;

  ReducibleNode(int id, long[] cost, int[] label) {
    this.id = id;
    this.cost = cost;
    this.label = label;
  }

  /** Usage by strategy from point {@code lo} up to but not including point {@code hi}. */
  record Item(int lo, int hi, long[] use) {}

  int size() {
    return cost.length;
  }
}
