package io.github.shardsum.internal.assign;

import io.github.shardsum.internal.assign.ReducibleNode.Item;
import java.util.Arrays;

/**
 * Strategies that another strategy of the node can replace at no cost, for all choices of its
 * neighbours.
 */
final class Dominance {
  /** The largest number of strategies of a node whose pairs are compared. */
  private static final int MOST_STRATEGIES = 200;

  private static final long MOST_WORK = 100_000_000L;

  private final Presolve graph;
  private final SolverEffort effort;

  Dominance(Presolve graph, SolverEffort effort) {
    this.graph = graph;
    this.effort = effort;
  }

  /** Examines the nodes that changed, and returns whether a strategy was removed. */
  boolean run(int[] labels) {
    boolean any = false;
    for (ReducibleNode node : graph.nodes) {
      if (!node.gone && node.changed && !graph.infeasible) {
        node.changed = false;
        any |= look(node, labels.length == 0 ? -1 : labels[node.id]);
      }
    }
    return any;
  }

  private boolean look(ReducibleNode node, int survivor) {
    int size = node.size();
    long width = node.items.size() + 1L;
    for (ReducibleEdge edge : node.edges.values()) {
      width += edge.other(node).size();
    }
    if (size > MOST_STRATEGIES || width * size * size > MOST_WORK) {
      return false;
    }
    ReducibleEdge[] edges = node.edges.values().toArray(ReducibleEdge[]::new);
    long[][] rows = new long[edges.length][];
    for (int edge = 0; edge < edges.length; edge++) {
      rows[edge] = edges[edge].rowsOf(node);
    }
    int[] kept = new int[size];
    int count = 0;
    boolean[] gone = new boolean[size];
    for (int strategy = 0; strategy < size; strategy++) {
      gone[strategy] = node.label[strategy] != survivor && isDominated(node, rows, strategy, gone);
      if (!gone[strategy]) {
        kept[count++] = strategy;
      }
    }
    if (count == size) {
      return false;
    }
    graph.keep(node, Arrays.copyOf(kept, count));
    return true;
  }

  private boolean isDominated(ReducibleNode node, long[][] rows, int strategy, boolean[] gone) {
    for (int by = 0; by < node.size(); by++) {
      if (by != strategy
          && !gone[by]
          && usesNoMore(node, by, strategy)
          && costsNoMore(node, rows, by, strategy)) {
        return true;
      }
    }
    return false;
  }

  private static boolean usesNoMore(ReducibleNode node, int by, int strategy) {
    for (Item item : node.items) {
      if (item.use()[by] > item.use()[strategy]) {
        return false;
      }
    }
    return true;
  }

  private boolean costsNoMore(ReducibleNode node, long[][] rows, int by, int strategy) {
    long sum = node.cost[by] - node.cost[strategy];
    for (long[] matrix : rows) {
      int columns = matrix.length / node.size();
      effort.add(columns);
      long most = Long.MIN_VALUE;
      for (int column = 0; column < columns; column++) {
        long less = matrix[strategy * columns + column];
        long more = matrix[by * columns + column];
        if (!SaturatingCosts.isImpossible(less)) {
          if (SaturatingCosts.isImpossible(more)) {
            return false;
          }
          most = Math.max(most, more - less);
        }
      }
      if (most == Long.MIN_VALUE) {
        return true;
      }
      sum += most;
    }
    return sum <= 0;
  }
}
