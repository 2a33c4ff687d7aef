package io.github.shardsum.internal.assign;

import java.util.Arrays;

/**
 * Finds the best strategies of the nodes of an induced tree while all other nodes keep theirs, by
 * dynamic programming.
 */
final class TreeMove {
  /** A tree does not grow from a node with more edges than this, unless the node is the root. */
  private static final int HUB = 64;

  private final AssignmentState state;
  private final ReducedProblem model;
  private final SolverRandom random;
  private final SolverEffort effort;

  /** The tree that a node was last in or next to. */
  private final int[] inside;

  private final int[] touched;
  private final int[] contacts;
  private final int[] order;
  private final int[] parentEdge;
  private final int[] parent;
  private int[] waiting;
  private int stamp;
  private int count;
  private double[] extra;
  private final double[] value;
  private final double[] row;

  TreeMove(AssignmentState state, SolverRandom random, SolverEffort effort) {
    this.state = state;
    this.model = state.model;
    this.random = random;
    this.effort = effort;
    int nodes = model.nodes;
    inside = new int[nodes];
    touched = new int[nodes];
    contacts = new int[nodes];
    order = new int[nodes];
    parentEdge = new int[nodes];
    parent = new int[nodes];
    waiting = new int[Math.max(16, nodes)];
    value = new double[model.offset[nodes]];
    extra = new double[0];
    int widest = 1;
    for (int node = 0; node < nodes; node++) {
      widest = Math.max(widest, model.size(node));
    }
    row = new double[widest];
  }

  /**
   * Changes the labels of a tree to the best ones.
   *
   * @param root the root of the tree
   * @param most the most nodes that the tree may have
   * @param memory price of memory by strategy
   * @param factor the factor by which this price is multiplied
   * @param forced the strategy that the root must get; -1 for the best one
   */
  void apply(int root, int most, double[] memory, double factor, int forced) {
    grow(root, most);
    for (int index = 0; index < count; index++) {
      evaluate(order[index], memory, factor);
    }
    for (int index = count - 1; index > 0; index--) {
      fold(order[index]);
    }
    int label = forced >= 0 ? forced : bestOfRoot(root);
    effort.add(state.set(root, label) + 8);
    for (int index = 1; index < count; index++) {
      decide(order[index]);
    }
  }

  private void grow(int root, int most) {
    stamp++;
    count = 0;
    int begin = 0;
    int end = 0;
    boolean breadthFirst = random.coin();
    join(root, -1, -1);
    end = reach(root, end, true);
    while (begin < end && count < most) {
      if (!breadthFirst) {
        int pick = begin + random.below(end - begin);
        int swap = waiting[pick];
        waiting[pick] = waiting[begin];
        waiting[begin] = swap;
      }
      int node = waiting[begin++];
      if (contacts[node] != 1) {
        continue;
      }
      for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
        if (inside[model.other[i]] == stamp) {
          join(node, model.other[i], model.edge[i]);
          break;
        }
      }
      end = reach(node, end, false);
    }
    effort.add(4L * end + 8);
  }

  private void join(int node, int from, int e) {
    inside[node] = stamp;
    order[count++] = node;
    parent[node] = from;
    parentEdge[node] = e;
  }

  private int reach(int node, int end, boolean isRoot) {
    int degree = model.incident[node + 1] - model.incident[node];
    boolean grows = isRoot || degree <= HUB;
    int at = end;
    for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
      int next = model.other[i];
      if (touched[next] != stamp) {
        touched[next] = stamp;
        contacts[next] = 0;
      }
      contacts[next]++;
      if (grows && contacts[next] == 1 && inside[next] != stamp) {
        waiting[at++] = next;
      }
    }
    effort.add(degree);
    return at;
  }

  /**
   * Adds prices by point to all later moves, until the next call. The prices are given as running
   * sums; an empty array adds none.
   */
  void charge(double[] prefix) {
    extra = prefix;
  }

  private void evaluate(int node, double[] memory, double factor) {
    int at = model.offset[node];
    int size = model.size(node);
    for (int strategy = 0; strategy < size; strategy++) {
      value[at + strategy] = model.costs[at + strategy] + factor * memory[at + strategy];
    }
    if (extra.length > 0) {
      addExtra(node);
    }
    for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
      int next = model.other[i];
      if (inside[next] != stamp) {
        double[] rows = model.rowsOf(model.edge[i], next);
        int from = state.choice[next] * size;
        for (int strategy = 0; strategy < size; strategy++) {
          value[at + strategy] += rows[from + strategy];
        }
      }
    }
    effort.add((long) size * (1 + model.incident[node + 1] - model.incident[node]));
  }

  private void addExtra(int node) {
    int at = model.offset[node];
    int size = model.size(node);
    for (int i = model.item[node]; i < model.item[node + 1]; i++) {
      double price = extra[model.hi[i]] - extra[model.lo[i]];
      if (price != 0) {
        for (int strategy = 0; strategy < size; strategy++) {
          value[at + strategy] += price * model.use[i][strategy];
        }
        effort.add(size);
      }
    }
  }

  private void fold(int node) {
    int to = parent[node];
    int at = model.offset[node];
    int width = model.size(to);
    double[] rows = model.rowsOf(parentEdge[node], node);
    Arrays.fill(row, 0, width, Double.POSITIVE_INFINITY);
    int size = model.size(node);
    for (int strategy = 0; strategy < size; strategy++) {
      Dual.lower(row, rows, strategy * width, width, value[at + strategy]);
    }
    int into = model.offset[to];
    for (int strategy = 0; strategy < width; strategy++) {
      value[into + strategy] += row[strategy];
    }
    effort.add((long) size * width);
  }

  /** Among strategies of equal value, chooses the present one or a random one. */
  private int bestOfRoot(int root) {
    int at = model.offset[root];
    int size = model.size(root);
    int best = state.choice[root];
    int ties = 1;
    for (int strategy = 0; strategy < size; strategy++) {
      double gain = value[at + best] - value[at + strategy];
      if (gain > 0) {
        best = strategy;
        ties = 1;
      } else if (gain == 0 && strategy != best && random.below(++ties) == 0) {
        best = strategy;
      }
    }
    return best;
  }

  private void decide(int node) {
    int at = model.offset[node];
    int size = model.size(node);
    double[] rows = model.rowsOf(parentEdge[node], parent[node]);
    int from = state.choice[parent[node]] * size;
    int best = state.choice[node];
    double least = value[at + best] + rows[from + best];
    for (int strategy = 0; strategy < size; strategy++) {
      double one = value[at + strategy] + rows[from + strategy];
      if (one < least) {
        least = one;
        best = strategy;
      }
    }
    effort.add(state.set(node, best) + size);
  }
}
