package io.github.shardsum.internal.assign;

import java.util.Arrays;

/**
 * A lower bound in integers from the prices and messages of a {@link Dual}. Amounts are moved
 * exactly between the terms of nodes, the terms of edges and a constant, so that every term stays
 * at least 0. The constant is then a bound. Prices and messages only say how much to move; bad ones
 * give a weaker bound.
 */
final class ExactBound {
  private static final int FRACTION = 30;
  private static final double ONE = 1L << FRACTION;
  private static final double LARGEST_PRICE = 1L << 30;

  private final ReducedProblem model;

  /** The terms of nodes, without the parts that moved to the constant and to edges. */
  private final long[] rest;

  /** The amount that an edge's later end gave, by strategy of that end. */
  private final long[] given;

  /** The amount that an edge's earlier end received, by strategy of that end. */
  private final long[] taken;

  private final long bound;

  ExactBound(ReducedProblem model, double[] price, double[] messages) {
    this.model = model;
    long[] q = new long[model.points + 1];
    long[] prefix = new long[model.points + 1];
    for (int point = 0; point < model.points; point++) {
      double most = Math.min(price[point] * ONE, LARGEST_PRICE * ONE / (model.points + 1.0));
      q[point] = (long) Math.max(0, most);
      prefix[point + 1] = prefix[point] + q[point];
    }
    rest = model.cost.clone();
    addMemory(prefix);
    given = new long[model.vectorLength];
    taken = new long[model.vectorLength];
    for (int at = 0; at < given.length; at++) {
      given[at] = Math.round(messages[at]);
    }
    bound = pass() - limits(q);
  }

  /** A lower bound of the cost without the model's constant. */
  long bound() {
    return bound;
  }

  private void addMemory(long[] prefix) {
    // A smaller price of memory gives a weaker bound, but still a bound.
    long most = (1L << 61) / (model.nodes + model.edges + 1L);
    for (int node = 0; node < model.nodes; node++) {
      for (int strategy = 0; strategy < model.size(node); strategy++) {
        Wide sum = new Wide();
        for (int i = model.item[node]; i < model.item[node + 1]; i++) {
          sum.add(model.use[i][strategy], prefix[model.hi[i]] - prefix[model.lo[i]]);
        }
        rest[model.offset[node] + strategy] += Math.min(sum.floor(), most);
      }
    }
  }

  private long limits(long[] q) {
    Wide sum = new Wide();
    for (int point = 0; point < model.points; point++) {
      sum.add(model.limit[point], q[point]);
    }
    return Math.min(sum.floor() + 1, Long.MAX_VALUE >> 1);
  }

  private long pass() {
    long sum = 0;
    for (int node = model.nodes - 1; node >= 0; node--) {
      gather(node);
      int at = model.offset[node];
      int size = model.size(node);
      int after = model.incident[node + 1] - model.later[node];
      int before = model.later[node] - model.incident[node];
      long least = Long.MAX_VALUE;
      for (int strategy = 0; strategy < size; strategy++) {
        least = Math.min(least, rest[at + strategy]);
      }
      sum += least;
      int parts = Math.max(1, Math.max(after, before));
      long[] part = new long[size];
      for (int strategy = 0; strategy < size; strategy++) {
        long above = rest[at + strategy] - least;
        part[strategy] = above / parts;
        rest[at + strategy] = above - before * part[strategy];
      }
      for (int i = model.incident[node]; i < model.later[node]; i++) {
        sum += send(model.edge[i], part);
      }
    }
    return sum;
  }

  /**
   * Adds the messages of edges. Messages from later nodes are exact amounts; those from earlier
   * nodes are hints.
   */
  private void gather(int node) {
    int at = model.offset[node];
    int size = model.size(node);
    for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
      boolean isLater = i >= model.later[node];
      long[] vector = isLater ? taken : given;
      int from = model.vector(model.edge[i], node);
      for (int strategy = 0; strategy < size; strategy++) {
        rest[at + strategy] += vector[from + strategy];
      }
    }
  }

  private long send(int e, long[] part) {
    int at = model.atSecond[e];
    int into = model.atFirst[e];
    int rows = model.size(model.first[e]);
    for (int strategy = 0; strategy < part.length; strategy++) {
      given[at + strategy] = part[strategy] - given[at + strategy];
    }
    long least = Long.MAX_VALUE;
    for (int row = 0; row < rows; row++) {
      long lowest = Long.MAX_VALUE;
      for (int column = 0; column < part.length; column++) {
        lowest = Math.min(lowest, given[at + column] + model.matrix[e][row * part.length + column]);
      }
      taken[into + row] = lowest;
      least = Math.min(least, lowest);
    }
    for (int row = 0; row < rows; row++) {
      taken[into + row] -= least;
    }
    // An entry keeps given + matrix - taken - least; least is subtracted from given once, not from
    // each entry.
    for (int strategy = 0; strategy < part.length; strategy++) {
      given[at + strategy] -= least;
    }
    return least;
  }

  /** The rest of an edge's entry, 0 or more. */
  private long remains(int e, int row, int column, int columns) {
    return given[model.atSecond[e] + column]
        + model.matrix[e][row * columns + column]
        - taken[model.atFirst[e] + row];
  }

  /** Closes the strategies that no solution cheaper than the best one uses. */
  void close(long best, boolean[] open) {
    long[] below = rest.clone();
    for (int e = 0; e < model.edges; e++) {
      addLeast(e, below);
    }
    for (int strategy = 0; strategy < open.length; strategy++) {
      open[strategy] &= below[strategy] < best - bound;
    }
  }

  /** Adds to each strategy of an edge's ends the least cost of an entry of that strategy. */
  private void addLeast(int e, long[] below) {
    int a = model.offset[model.first[e]];
    int b = model.offset[model.second[e]];
    int columns = model.size(model.second[e]);
    int rows = model.size(model.first[e]);
    long[] columnLeast = new long[columns];
    Arrays.fill(columnLeast, Long.MAX_VALUE);
    for (int row = 0; row < rows; row++) {
      long rowLeast = Long.MAX_VALUE;
      for (int column = 0; column < columns; column++) {
        long remains = remains(e, row, column, columns);
        rowLeast = Math.min(rowLeast, remains + rest[b + column]);
        columnLeast[column] = Math.min(columnLeast[column], remains + rest[a + row]);
      }
      below[a + row] = capped(below[a + row] + rowLeast);
    }
    for (int column = 0; column < columns; column++) {
      below[b + column] = capped(below[b + column] + columnLeast[column]);
    }
  }

  /**
   * Makes those strategies impossible that no solution cheaper than the best one uses.
   *
   * @param best cost of the best solution known, without the model's constant
   * @param choice the strategies of that solution, which stay possible; empty if none has to
   * @return the number of entries and strategies that were made impossible
   */
  long fix(long best, int[] choice) {
    long gap = best - bound;
    long count = 0;
    for (int e = 0; e < model.edges; e++) {
      count += fixPairs(e, gap, choice);
    }
    boolean[] open = new boolean[model.offset[model.nodes]];
    Arrays.fill(open, true);
    close(best, open);
    for (int node = 0; node < model.nodes; node++) {
      ReducibleNode work = model.workNodes.get(node);
      for (int strategy = 0; strategy < model.size(node); strategy++) {
        boolean kept = choice.length > 0 && choice[node] == strategy;
        if (!kept
            && !open[model.offset[node] + strategy]
            && !SaturatingCosts.isImpossible(work.cost[strategy])) {
          work.cost[strategy] = SaturatingCosts.IMPOSSIBLE;
          count++;
        }
      }
    }
    return count;
  }

  private long fixPairs(int e, long gap, int[] choice) {
    int a = model.first[e];
    int b = model.second[e];
    int columns = model.size(b);
    ReducibleEdge work = model.workEdges.get(e);
    long count = 0;
    for (int row = 0; row < model.size(a); row++) {
      long ofRow = rest[model.offset[a] + row];
      for (int column = 0; column < columns; column++) {
        long sum = remains(e, row, column, columns) + ofRow + rest[model.offset[b] + column];
        boolean kept = choice.length > 0 && choice[a] == row && choice[b] == column;
        if (!kept && sum >= gap && forbid(work, a, row, column)) {
          count++;
        }
      }
    }
    return count;
  }

  private static long capped(long sum) {
    return Math.min(sum, Long.MAX_VALUE >> 2);
  }

  private boolean forbid(ReducibleEdge work, int a, int row, int column) {
    boolean turned = work.a != model.workNodes.get(a);
    int entry = turned ? column * work.b.size() + row : row * work.b.size() + column;
    if (SaturatingCosts.isImpossible(work.cost[entry])) {
      return false;
    }
    if (!work.owned) {
      work.cost = work.cost.clone();
      work.owned = true;
    }
    work.cost[entry] = SaturatingCosts.IMPOSSIBLE;
    return true;
  }

  /** A sum of products of numbers of 63 bits. */
  private static final class Wide {
    private long high;
    private long low;

    void add(long one, long other) {
      long product = one * other;
      high += Math.multiplyHigh(one, other);
      low += product;
      high += Long.compareUnsigned(low, product) < 0 ? 1 : 0;
    }

    /** The sum divided by 2^30, rounded down. */
    long floor() {
      return high >= 1L << (FRACTION - 2)
          ? Long.MAX_VALUE >> 1
          : high << (64 - FRACTION) | low >>> FRACTION;
    }
  }
}
