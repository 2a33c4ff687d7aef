package io.github.shardsum.internal.assign;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.internal.assign.ReducibleNode.Item;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A smaller graph with an optimum of the same cost. Impossible and dominated strategies are
 * removed, and so are nodes whose strategy follows from that of other nodes. A solution of the
 * smaller graph expands to a solution of the whole problem.
 */
final class Presolve {
  /** The largest growth of matrices by contraction, in tenths. */
  private static final int GROWTH_TENTHS = 13;

  private static final int SMALL_MATRIX = 64;

  final List<ReducibleNode> nodes = new ArrayList<>();
  final MemoryTimeline time;
  private final List<EliminatedNode> undo = new ArrayList<>();
  private final ArrayDeque<ReducibleEdge> edgeQueue = new ArrayDeque<>();
  private final ArrayDeque<ReducibleNode> nodeQueue = new ArrayDeque<>();
  private final Dominance dominance;
  private final SolverEffort effort;

  /** Cost of the removed parts. */
  long base;

  /** Whether it is proven that no choice is possible. */
  boolean infeasible;

  Presolve(AssignmentProblem problem, SolverEffort effort) {
    this.effort = effort;
    this.dominance = new Dominance(this, effort);
    this.time = new MemoryTimeline(problem);
    for (int id = 0; id < problem.nodes(); id++) {
      nodes.add(node(problem, id));
    }
    for (int edge = 0; edge < problem.edges(); edge++) {
      add(problem, edge);
    }
  }

  private ReducibleNode node(AssignmentProblem problem, int id) {
    int size = problem.strategies(id);
    long[] cost = new long[size];
    int[] label = new int[size];
    long[] use = new long[size];
    for (int strategy = 0; strategy < size; strategy++) {
      cost[strategy] = problem.cost(id, strategy);
      label[strategy] = strategy;
      use[strategy] = problem.usage(id, strategy);
    }
    ReducibleNode node = new ReducibleNode(id, cost, label);
    int lo = time.pointAt(problem.from(id));
    int hi = time.pointAt(problem.to(id));
    if (lo < hi) {
      node.items.add(new Item(lo, hi, use));
    }
    return node;
  }

  private void add(AssignmentProblem problem, int edge) {
    ReducibleNode first = nodes.get(problem.first(edge));
    ReducibleNode second = nodes.get(problem.second(edge));
    if (first == second) {
      for (int strategy = 0; strategy < first.size(); strategy++) {
        first.cost[strategy] =
            SaturatingCosts.add(first.cost[strategy], problem.cost(edge, strategy, strategy));
      }
    } else {
      connect(first, second, problem.matrix(edge), false);
    }
  }

  int alive() {
    int count = 0;
    for (ReducibleNode node : nodes) {
      count += node.gone ? 0 : 1;
    }
    return count;
  }

  /**
   * Reduces until nothing changes or the allowed effort is spent.
   *
   * @param labels the labels of a solution that must stay possible, or empty
   */
  void run(int[] labels) {
    for (ReducibleNode node : nodes) {
      if (!node.gone) {
        touch(node);
        node.edges.values().forEach(this::touch);
      }
    }
    boolean more = true;
    while (more && !infeasible) {
      drain();
      more = !infeasible && !effort.isSpent() && (dominance.run(labels) || time.compress(this));
    }
  }

  void touch(ReducibleNode node) {
    node.changed = true;
    if (!node.queued) {
      node.queued = true;
      nodeQueue.add(node);
    }
  }

  void touch(ReducibleEdge edge) {
    if (!edge.queued) {
      edge.queued = true;
      edgeQueue.add(edge);
    }
  }

  private void drain() {
    while (!infeasible) {
      ReducibleEdge edge = edgeQueue.poll();
      if (edge != null) {
        edge.queued = false;
        if (!edge.gone) {
          look(edge);
        }
        continue;
      }
      ReducibleNode node = nodeQueue.poll();
      if (node == null) {
        return;
      }
      node.queued = false;
      if (!node.gone) {
        look(node);
      }
    }
  }

  private void look(ReducibleNode node) {
    int size = node.size();
    int[] kept = new int[size];
    int count = 0;
    for (int strategy = 0; strategy < size; strategy++) {
      if (!SaturatingCosts.isImpossible(node.cost[strategy])) {
        kept[count++] = strategy;
      }
    }
    if (count < size) {
      keep(node, Arrays.copyOf(kept, count));
    } else if (size == 1) {
      fold(node);
    } else if (node.items.isEmpty() && node.edges.size() <= 2) {
      eliminate(node);
    }
  }

  /** Keeps some strategies of a node, in their order. */
  void keep(ReducibleNode node, int[] kept) {
    if (kept.length == 0) {
      infeasible = true;
      return;
    }
    for (ReducibleEdge edge : node.edges.values()) {
      effort.add(edge.cost.length);
      edge.keep(node, kept);
      touch(edge);
      touch(edge.other(node));
    }
    node.cost = pick(node.cost, kept);
    int[] label = new int[kept.length];
    for (int index = 0; index < kept.length; index++) {
      label[index] = node.label[kept[index]];
    }
    node.label = label;
    node.items.replaceAll(item -> new Item(item.lo(), item.hi(), pick(item.use(), kept)));
    touch(node);
  }

  static long[] pick(long[] from, int[] kept) {
    long[] picked = new long[kept.length];
    for (int index = 0; index < kept.length; index++) {
      picked[index] = from[kept[index]];
    }
    return picked;
  }

  private void remove(ReducibleEdge edge) {
    edge.gone = true;
    edge.a.edges.remove(edge.b.id);
    edge.b.edges.remove(edge.a.id);
    touch(edge.a);
    touch(edge.b);
  }

  private void remove(ReducibleNode node) {
    for (ReducibleEdge edge : List.copyOf(node.edges.values())) {
      remove(edge);
    }
    node.gone = true;
    node.items = List.of();
  }

  /** Removes a node with one strategy, and subtracts its memory from the limit. */
  private void fold(ReducibleNode node) {
    for (Item item : node.items) {
      time.take(item.lo(), item.hi(), item.use()[0]);
    }
    base += node.cost[0];
    for (ReducibleEdge edge : node.edges.values()) {
      ReducibleNode other = edge.other(node);
      for (int strategy = 0; strategy < other.size(); strategy++) {
        other.cost[strategy] =
            SaturatingCosts.add(other.cost[strategy], edge.at(other, strategy, 0));
      }
    }
    undo.add(new EliminatedNode.Fixed(node.id, node.label[0]));
    remove(node);
  }

  /**
   * Removes a node that uses no memory and has at most two neighbours. A node with two neighbours
   * remains if the matrix between them would be too large.
   */
  private void eliminate(ReducibleNode node) {
    ReducibleEdge[] edges = node.edges.values().toArray(ReducibleEdge[]::new);
    switch (edges.length) {
      case 0 -> {
        int best = 0;
        for (int strategy = 1; strategy < node.size(); strategy++) {
          best = node.cost[strategy] < node.cost[best] ? strategy : best;
        }
        base += node.cost[best];
        undo.add(new EliminatedNode.Fixed(node.id, node.label[best]));
        remove(node);
      }
      case 1 -> leaf(node, edges[0]);
      default -> between(node, edges[0], edges[1]);
    }
  }

  private void leaf(ReducibleNode node, ReducibleEdge edge) {
    ReducibleNode other = edge.other(node);
    effort.add(edge.cost.length);
    int[] label = new int[other.size()];
    for (int of = 0; of < other.size(); of++) {
      long least = Long.MAX_VALUE;
      for (int strategy = 0; strategy < node.size(); strategy++) {
        long cost = SaturatingCosts.add(node.cost[strategy], edge.at(node, strategy, of));
        if (cost < least) {
          least = cost;
          label[of] = node.label[strategy];
        }
      }
      other.cost[of] = SaturatingCosts.add(other.cost[of], least);
    }
    undo.add(new EliminatedNode.ByOne(node.id, other.id, other.label, label));
    remove(node);
  }

  private void between(ReducibleNode node, ReducibleEdge toOne, ReducibleEdge toTwo) {
    ReducibleNode one = toOne.other(node);
    ReducibleNode two = toTwo.other(node);
    long entries = (long) one.size() * two.size();
    long before = 2L * node.size() * (one.size() + two.size());
    if (!one.edges.containsKey(two.id) && entries > Math.max(SMALL_MATRIX, before)) {
      return;
    }
    effort.add(entries * node.size());
    long[] rows = toOne.rowsOf(node);
    long[] columns = toTwo.rowsOf(node);
    long[] cost = new long[(int) entries];
    int[] label = new int[(int) entries];
    Arrays.fill(cost, Long.MAX_VALUE);
    for (int strategy = 0; strategy < node.size(); strategy++) {
      for (int row = 0; row < one.size(); row++) {
        long part = SaturatingCosts.add(node.cost[strategy], rows[strategy * one.size() + row]);
        for (int column = 0; column < two.size(); column++) {
          int entry = row * two.size() + column;
          long sum = SaturatingCosts.add(part, columns[strategy * two.size() + column]);
          if (sum < cost[entry]) {
            cost[entry] = sum;
            label[entry] = node.label[strategy];
          }
        }
      }
    }
    undo.add(new EliminatedNode.ByTwo(node.id, one.id, one.label, two.id, two.label, label));
    remove(node);
    connect(one, two, cost, true);
  }

  /** Adds an edge; if there is one between the two nodes, the matrices are added. */
  private void connect(ReducibleNode rows, ReducibleNode columns, long[] cost, boolean owned) {
    ReducibleEdge present = rows.edges.get(columns.id);
    effort.add(cost.length);
    if (present == null) {
      ReducibleEdge edge = new ReducibleEdge(rows, columns, cost, owned);
      rows.edges.put(columns.id, edge);
      columns.edges.put(rows.id, edge);
      touch(edge);
    } else {
      long[] added = new ReducibleEdge(rows, columns, cost, owned).rowsOf(present.a);
      long[] sum = present.owned ? present.cost : present.cost.clone();
      for (int entry = 0; entry < sum.length; entry++) {
        sum[entry] = SaturatingCosts.add(sum[entry], added[entry]);
      }
      present.cost = sum;
      present.owned = true;
      touch(present);
    }
    touch(rows);
    touch(columns);
  }

  private void look(ReducibleEdge edge) {
    int rows = edge.a.size();
    int columns = edge.b.size();
    effort.add(edge.cost.length);
    int[] inRow = new int[rows];
    int[] inColumn = new int[columns];
    int[] columnOf = new int[rows];
    int[] rowOf = new int[columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (!SaturatingCosts.isImpossible(edge.cost[row * columns + column])) {
          inRow[row]++;
          inColumn[column]++;
          columnOf[row] = column;
          rowOf[column] = row;
        }
      }
    }
    boolean fewerRows = prune(edge.a, inRow);
    boolean fewerColumns = prune(edge.b, inColumn);
    if (fewerRows || fewerColumns) {
      return;
    }
    boolean aOfB = allOne(inColumn);
    boolean bOfA = allOne(inRow);
    boolean aFirst = aOfB && (!bOfA || edge.a.edges.size() <= edge.b.edges.size());
    if (aFirst && contract(edge, edge.a, rowOf)) {
      return;
    }
    if (bOfA && contract(edge, edge.b, columnOf)) {
      return;
    }
    if (aOfB && !aFirst && contract(edge, edge.a, rowOf)) {
      return;
    }
    if (isSum(edge)) {
      split(edge);
    }
  }

  private boolean prune(ReducibleNode node, int[] possible) {
    int[] kept = new int[possible.length];
    int count = 0;
    for (int strategy = 0; strategy < possible.length; strategy++) {
      if (possible[strategy] > 0) {
        kept[count++] = strategy;
      }
    }
    if (count == possible.length) {
      return false;
    }
    keep(node, Arrays.copyOf(kept, count));
    return true;
  }

  private static boolean allOne(int[] counts) {
    for (int count : counts) {
      if (count != 1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Removes a node whose strategy follows from the strategy of the edge's other node. Returns false
   * and changes nothing if matrices would grow too much.
   */
  private boolean contract(ReducibleEdge edge, ReducibleNode node, int[] function) {
    ReducibleNode into = edge.other(node);
    if (into.size() > node.size() && grows(edge, node, into)) {
      return false;
    }
    for (int of = 0; of < into.size(); of++) {
      long more = SaturatingCosts.add(node.cost[function[of]], edge.at(node, function[of], of));
      into.cost[of] = SaturatingCosts.add(into.cost[of], more);
    }
    for (Item item : node.items) {
      into.items.add(new Item(item.lo(), item.hi(), pick(item.use(), function)));
    }
    int[] label = new int[function.length];
    for (int of = 0; of < function.length; of++) {
      label[of] = node.label[function[of]];
    }
    undo.add(new EliminatedNode.ByOne(node.id, into.id, into.label, label));
    List<ReducibleEdge> rest = new ArrayList<>(node.edges.values());
    rest.remove(edge);
    remove(node);
    boolean same = isIdentity(function, node.size());
    for (ReducibleEdge one : rest) {
      ReducibleNode other = one.other(node);
      if (same && !into.edges.containsKey(other.id)) {
        boolean rows = one.a == node;
        connect(rows ? into : other, rows ? other : into, one.cost, one.owned);
      } else {
        connect(into, other, rowsBy(one.rowsOf(node), function, other.size()), true);
      }
    }
    return true;
  }

  private static boolean isIdentity(int[] function, int size) {
    for (int of = 0; of < function.length; of++) {
      if (function[of] != of) {
        return false;
      }
    }
    return function.length == size;
  }

  private static long[] rowsBy(long[] cost, int[] function, int columns) {
    long[] rows = new long[function.length * columns];
    for (int of = 0; of < function.length; of++) {
      System.arraycopy(cost, function[of] * columns, rows, of * columns, columns);
    }
    return rows;
  }

  private static boolean grows(ReducibleEdge edge, ReducibleNode node, ReducibleNode into) {
    long before = edge.cost.length;
    long after = 0;
    for (ReducibleEdge one : node.edges.values()) {
      if (one != edge) {
        before += one.cost.length;
        ReducibleNode other = one.other(node);
        after += into.edges.containsKey(other.id) ? 0 : (long) into.size() * other.size();
      }
    }
    return 10 * after > GROWTH_TENTHS * before;
  }

  /**
   * Whether each entry is the sum of a number that its row has and a number that its column has.
   */
  private static boolean isSum(ReducibleEdge edge) {
    int columns = edge.b.size();
    long[] cost = edge.cost;
    for (int entry = 0; entry < cost.length; entry++) {
      if (SaturatingCosts.isImpossible(cost[entry])
          || cost[entry] + cost[0] != cost[entry % columns] + cost[entry - entry % columns]) {
        return false;
      }
    }
    return true;
  }

  private void split(ReducibleEdge edge) {
    int columns = edge.b.size();
    int least = 0;
    for (int column = 1; column < columns; column++) {
      least = edge.cost[column] < edge.cost[least] ? column : least;
    }
    for (int row = 0; row < edge.a.size(); row++) {
      edge.a.cost[row] = SaturatingCosts.add(edge.a.cost[row], edge.cost[row * columns + least]);
    }
    for (int column = 0; column < columns; column++) {
      edge.b.cost[column] =
          SaturatingCosts.add(edge.b.cost[column], edge.cost[column] - edge.cost[least]);
    }
    remove(edge);
  }

  /**
   * Completes a solution of the reduced problem.
   *
   * @param labels the labels by node of the problem; those of the remaining nodes are already set
   */
  void expand(int[] labels) {
    for (int step = undo.size() - 1; step >= 0; step--) {
      undo.get(step).apply(labels);
    }
  }
}
