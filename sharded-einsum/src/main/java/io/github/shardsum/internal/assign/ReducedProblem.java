package io.github.shardsum.internal.assign;

import io.github.shardsum.internal.assign.ReducibleNode.Item;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The model after the reductions, in flat arrays; immutable, so that threads share it. */
final class ReducedProblem {
  final int nodes;
  final int edges;
  final int points;

  /** Strategies of node n are {@code offset[n]} up to {@code offset[n + 1]}. */
  final int[] offset;

  /** Costs by strategy; an impossible choice costs {@link #impossible}. */
  final long[] cost;

  final double[] costs;

  /** Constant of the objective. */
  final long base;

  /**
   * Costs are in units of {@code 2^shift}, rounded down. The shift is 0 unless entries are huge.
   */
  final int shift;

  /** More than the cost of any possible choice. */
  final long total;

  /**
   * The cost of an impossible entry: more than any other entry. It is {@link #total} unless the sum
   * of one such entry for each node and each edge would overflow.
   */
  final long impossible;

  /** Ends of an edge; {@code first[e] < second[e]}. */
  final int[] first;

  final int[] second;

  /**
   * The matrix of each edge, with a row for each strategy of the first end; in {@link #bySecond}
   * for each strategy of the second.
   */
  final long[][] matrix;

  final double[][] byFirst;
  final double[][] bySecond;

  /** The first entry of an edge's vectors over the strategies of its ends. */
  final int[] atFirst;

  final int[] atSecond;
  final int vectorLength;

  /**
   * Edges of node n are {@code edge[incident[n]]} up to {@code incident[n + 1]}, in the order of
   * their other ends.
   */
  final int[] incident;

  final int[] edge;
  final int[] other;

  /** The first of a node's edges to later nodes. */
  final int[] later;

  /** Items of node n are {@code item[n]} up to {@code item[n + 1]}. */
  final int[] item;

  final int[] lo;
  final int[] hi;
  final long[][] use;
  final long[] limit;

  /** Entries of all matrices. */
  final long entries;

  final List<ReducibleNode> workNodes = new ArrayList<>();
  final List<ReducibleEdge> workEdges = new ArrayList<>();

  ReducedProblem(Presolve graph) {
    base = graph.base;
    points = graph.time.points();
    limit = new long[points];
    Arrays.setAll(limit, graph.time::limit);
    int[] index = new int[graph.nodes.size()];
    for (ReducibleNode node : graph.nodes) {
      if (!node.gone) {
        index[node.id] = workNodes.size();
        workNodes.add(node);
      }
    }
    nodes = workNodes.size();
    offset = new int[nodes + 1];
    incident = new int[nodes + 1];
    item = new int[nodes + 1];
    later = new int[nodes];
    for (int node = 0; node < nodes; node++) {
      ReducibleNode work = workNodes.get(node);
      offset[node + 1] = offset[node] + work.size();
      incident[node + 1] = incident[node] + work.edges.size();
      item[node + 1] = item[node] + work.items.size();
    }
    edges = incident[nodes] / 2;
    first = new int[edges];
    second = new int[edges];
    edge = new int[2 * edges];
    other = new int[2 * edges];
    connect(index);
    long most = (1L << 61) / (nodes + edges + 1L);
    shift = shift(most);
    total = total();
    impossible = Math.min(total, most);
    cost = new long[offset[nodes]];
    costs = new double[offset[nodes]];
    fillCosts();
    matrix = new long[edges][];
    byFirst = new double[edges][];
    bySecond = new double[edges][];
    atFirst = new int[edges];
    atSecond = new int[edges];
    entries = fillMatrices();
    vectorLength = edges == 0 ? 0 : atSecond[edges - 1] + size(second[edges - 1]);
    lo = new int[item[nodes]];
    hi = new int[item[nodes]];
    use = new long[item[nodes]][];
    fillItems();
  }

  /** The same model with closed strategies made impossible; everything else is shared. */
  private ReducedProblem(ReducedProblem of, boolean[] open) {
    nodes = of.nodes;
    edges = of.edges;
    points = of.points;
    offset = of.offset;
    base = of.base;
    shift = of.shift;
    total = of.total;
    impossible = of.impossible;
    first = of.first;
    second = of.second;
    matrix = of.matrix;
    byFirst = of.byFirst;
    bySecond = of.bySecond;
    atFirst = of.atFirst;
    atSecond = of.atSecond;
    vectorLength = of.vectorLength;
    incident = of.incident;
    edge = of.edge;
    other = of.other;
    later = of.later;
    item = of.item;
    lo = of.lo;
    hi = of.hi;
    use = of.use;
    limit = of.limit;
    entries = of.entries;
    cost = of.cost.clone();
    costs = of.costs.clone();
    for (int strategy = 0; strategy < open.length; strategy++) {
      if (!open[strategy]) {
        cost[strategy] = impossible;
        costs[strategy] = impossible;
      }
    }
  }

  /** Returns the model without the strategies that are not open. */
  ReducedProblem restrictedTo(boolean[] open) {
    return new ReducedProblem(this, open);
  }

  int size(int node) {
    return offset[node + 1] - offset[node];
  }

  private void connect(int[] index) {
    int[] filled = Arrays.copyOf(incident, nodes);
    for (int node = 0; node < nodes; node++) {
      ReducibleNode work = workNodes.get(node);
      int[] after =
          work.edges.keySet().stream()
              .filter(id -> id > work.id)
              .mapToInt(id -> id)
              .sorted()
              .toArray();
      later[node] = filled[node];
      for (int id : after) {
        int to = index[id];
        int added = workEdges.size();
        workEdges.add(work.edges.get(id));
        first[added] = node;
        second[added] = to;
        edge[filled[node]] = added;
        other[filled[node]++] = to;
        edge[filled[to]] = added;
        other[filled[to]++] = node;
      }
    }
  }

  private int shift(long most) {
    long largest = 0;
    for (ReducibleNode node : workNodes) {
      largest = Math.max(largest, largest(node.cost));
    }
    for (ReducibleEdge one : workEdges) {
      largest = Math.max(largest, largest(one.cost));
    }
    int needed = 0;
    while (largest >> needed >= most) {
      needed++;
    }
    return needed;
  }

  private long total() {
    long sum = 1;
    for (ReducibleNode node : workNodes) {
      sum += largest(node.cost) >> shift;
    }
    for (ReducibleEdge one : workEdges) {
      sum += largest(one.cost) >> shift;
    }
    return sum;
  }

  private long units(long cost) {
    return SaturatingCosts.isImpossible(cost) ? impossible : cost >> shift;
  }

  /** Converts a bound or a cost of the model to one of the problem. */
  long whole(long units) {
    return units >= SaturatingCosts.IMPOSSIBLE >> shift
        ? SaturatingCosts.IMPOSSIBLE
        : (units << shift) + base;
  }

  /**
   * Converts a cost of the problem to the model: choices that cost less in the problem cost less
   * than this in the model.
   */
  long below(long cost) {
    return -Math.floorDiv(base - cost, 1L << shift);
  }

  private static long largest(long[] costs) {
    long most = 0;
    for (long one : costs) {
      most = SaturatingCosts.isImpossible(one) ? most : Math.max(most, one);
    }
    return most;
  }

  private void fillCosts() {
    for (int node = 0; node < nodes; node++) {
      long[] from = workNodes.get(node).cost;
      for (int strategy = 0; strategy < from.length; strategy++) {
        cost[offset[node] + strategy] = units(from[strategy]);
        costs[offset[node] + strategy] = cost[offset[node] + strategy];
      }
    }
  }

  /**
   * Most edges of a graph have equal matrices. These become one array, which stays in the cache.
   */
  private long fillMatrices() {
    Map<Content, Integer> seen = new HashMap<>();
    int at = 0;
    long count = 0;
    for (int e = 0; e < edges; e++) {
      long[] from = workEdges.get(e).rowsOf(workNodes.get(first[e]));
      int rows = size(first[e]);
      int equal = seen.computeIfAbsent(new Content(rows, from), fill(e));
      matrix[e] = matrix[equal];
      byFirst[e] = byFirst[equal];
      bySecond[e] = bySecond[equal];
      atFirst[e] = at;
      atSecond[e] = at + rows;
      at += rows + size(second[e]);
      count += from.length;
    }
    return count;
  }

  private Function<Content, Integer> fill(int e) {
    return content -> {
      int rows = content.rows;
      int columns = content.numbers.length / rows;
      matrix[e] = new long[rows * columns];
      byFirst[e] = new double[rows * columns];
      bySecond[e] = new double[rows * columns];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          long one = units(content.numbers[row * columns + column]);
          matrix[e][row * columns + column] = one;
          byFirst[e][row * columns + column] = one;
          bySecond[e][column * rows + row] = one;
        }
      }
      return e;
    };
  }

  private void fillItems() {
    for (int node = 0; node < nodes; node++) {
      List<Item> items = workNodes.get(node).items;
      for (int index = 0; index < items.size(); index++) {
        lo[item[node] + index] = items.get(index).lo();
        hi[item[node] + index] = items.get(index).hi();
        use[item[node] + index] = items.get(index).use();
      }
    }
  }

  /** Returns an entry for a strategy of a node and a strategy of the edge's other end. */
  long at(int e, int node, int strategy, int ofOther) {
    return first[e] == node
        ? matrix[e][strategy * size(second[e]) + ofOther]
        : matrix[e][ofOther * size(node) + strategy];
  }

  /** Returns the matrix with a row for each strategy of a node. */
  double[] rowsOf(int e, int node) {
    return first[e] == node ? byFirst[e] : bySecond[e];
  }

  /** Returns where an edge's vector over the strategies of a node begins. */
  int vector(int e, int node) {
    return first[e] == node ? atFirst[e] : atSecond[e];
  }

  /** Returns the price of memory by strategy, for prices by point. */
  double[] memoryCosts(double[] price) {
    double[] sum = prefix(price);
    double[] costOf = new double[offset[nodes]];
    for (int node = 0; node < nodes; node++) {
      for (int i = item[node]; i < item[node + 1]; i++) {
        double of = sum[hi[i]] - sum[lo[i]];
        if (of != 0) {
          for (int strategy = 0; strategy < size(node); strategy++) {
            costOf[offset[node] + strategy] += of * use[i][strategy];
          }
        }
      }
    }
    return costOf;
  }

  static double[] prefix(double[] price) {
    double[] sum = new double[price.length + 1];
    for (int point = 0; point < price.length; point++) {
      sum[point + 1] = sum[point] + price[point];
    }
    return sum;
  }

  /** Returns usage by point. */
  long[] usage(int[] choice) {
    long[] change = new long[points + 1];
    for (int node = 0; node < nodes; node++) {
      for (int i = item[node]; i < item[node + 1]; i++) {
        change[lo[i]] += use[i][choice[node]];
        change[hi[i]] -= use[i][choice[node]];
      }
    }
    for (int point = 1; point < points; point++) {
      change[point] += change[point - 1];
    }
    return Arrays.copyOf(change, points);
  }

  /** Returns the cost of a choice without the constant, impossible entries included. */
  long cost(int[] choice) {
    long sum = 0;
    for (int node = 0; node < nodes; node++) {
      sum += cost[offset[node] + choice[node]];
    }
    for (int e = 0; e < edges; e++) {
      sum += matrix[e][choice[first[e]] * size(second[e]) + choice[second[e]]];
    }
    return sum;
  }

  /** Returns the number of impossible entries of a choice. */
  int impossible(int[] choice) {
    int count = 0;
    for (int node = 0; node < nodes; node++) {
      count += cost[offset[node] + choice[node]] >= impossible ? 1 : 0;
    }
    for (int e = 0; e < edges; e++) {
      long one = matrix[e][choice[first[e]] * size(second[e]) + choice[second[e]]];
      count += one >= impossible ? 1 : 0;
    }
    return count;
  }

  boolean isFeasible(int[] choice) {
    long[] usage = usage(choice);
    for (int point = 0; point < points; point++) {
      if (usage[point] > limit[point]) {
        return false;
      }
    }
    return impossible(choice) == 0;
  }

  /** Sets the labels of the nodes that are left. */
  void label(int[] choice, int[] labels) {
    for (int node = 0; node < nodes; node++) {
      ReducibleNode work = workNodes.get(node);
      labels[work.id] = labelOf(work, choice[node]);
    }
  }

  private int labelOf(ReducibleNode work, int strategy) {
    return work.label[strategy];
  }

  /** Returns the choice of labels, or nothing if one of them is gone. */
  int[] choiceOf(int[] labels) {
    int[] choice = new int[nodes];
    for (int node = 0; node < nodes; node++) {
      ReducibleNode work = workNodes.get(node);
      int found = 0;
      while (found < work.size() && work.label[found] != labels[work.id]) {
        found++;
      }
      if (found == work.size()) {
        return new int[0];
      }
      choice[node] = found;
    }
    return choice;
  }

  /** The key of a matrix, equal for equal matrices. */
  private record Content(int rows, long[] numbers) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Content content
          && rows == content.rows
          && Arrays.equals(numbers, content.numbers);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(numbers) + rows;
    }
  }
}
