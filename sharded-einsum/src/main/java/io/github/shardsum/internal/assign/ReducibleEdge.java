package io.github.shardsum.internal.assign;

/**
 * An edge while the graph is reduced. Its matrix is row-major, with a row for each strategy of
 * {@code a}.
 */
final class ReducibleEdge {
  ReducibleNode a;
  ReducibleNode b;
  long[] cost;

  /** Whether no other edge shares the matrix. */
  boolean owned;

  boolean gone;
  boolean queued;

  ReducibleEdge(ReducibleNode a, ReducibleNode b, long[] cost, boolean owned) {
    this.a = a;
    this.b = b;
    this.cost = cost;
    this.owned = owned;
  }

  ReducibleNode other(ReducibleNode node) {
    return node == a ? b : a;
  }

  /** The distance between the entries of neighbouring strategies of a node. */
  int stride(ReducibleNode node) {
    return node == a ? b.size() : 1;
  }

  long at(ReducibleNode node, int strategy, int ofOther) {
    return node == a ? cost[strategy * b.size() + ofOther] : cost[ofOther * b.size() + strategy];
  }

  /**
   * Returns the matrix with a row for each strategy of a node; the array may be this edge's own.
   */
  long[] rowsOf(ReducibleNode node) {
    if (node == a) {
      return cost;
    }
    int rows = b.size();
    int columns = a.size();
    long[] turned = new long[cost.length];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        turned[row * columns + column] = cost[column * rows + row];
      }
    }
    return turned;
  }

  /** Keeps some strategies of a node, before the node's own arrays are replaced. */
  void keep(ReducibleNode node, int[] kept) {
    int columns = b.size();
    int rows = a.size();
    long[] smaller;
    if (node == a) {
      smaller = new long[kept.length * columns];
      for (int row = 0; row < kept.length; row++) {
        System.arraycopy(cost, kept[row] * columns, smaller, row * columns, columns);
      }
    } else {
      smaller = new long[rows * kept.length];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < kept.length; column++) {
          smaller[row * kept.length + column] = cost[row * columns + kept[column]];
        }
      }
    }
    cost = smaller;
    owned = true;
  }
}
