package io.github.shardsum.assign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Nodes with strategies, edges with cost matrices, and a memory limit: one strategy is chosen for
 * each node, so that the sum of costs is least and the usages of live nodes never exceed the limit.
 * Immutable; threads may share it.
 *
 * @see AssignmentSolver
 */
public final class AssignmentProblem {
  /** The least cost that means an impossible choice: 2e17. */
  public static final long IMPOSSIBLE = 200_000_000_000_000_000L;

  /** The largest usage: the sum of 65,536 such numbers fits a {@code long}. */
  public static final long LARGEST_USAGE = 1L << 47;

  private static final int MOST_NODES = 1 << 22;

  private final List<Node> nodes;
  private final List<Edge> edges;
  private final long limit;

  private AssignmentProblem(List<Node> nodes, List<Edge> edges, long limit) {
    this.nodes = List.copyOf(nodes);
    this.edges = List.copyOf(edges);
    this.limit = limit;
  }

  private record Node(long from, long to, long[] costs, long[] usages) {}

  private record Edge(int first, int second, long[] costs) {}

  /**
   * Begins a problem.
   *
   * @return an empty builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the number of nodes.
   *
   * @return 0 or more
   */
  public int nodes() {
    return nodes.size();
  }

  /**
   * Returns the number of edges.
   *
   * @return 0 or more
   */
  public int edges() {
    return edges.size();
  }

  /**
   * Returns the number of strategies of a node.
   *
   * @param node its index
   * @return 1 or more
   */
  public int strategies(int node) {
    return nodes.get(node).costs.length;
  }

  /**
   * Returns the cost of a strategy.
   *
   * @param node its index
   * @param strategy the strategy's index
   * @return its cost, at most {@link #IMPOSSIBLE}
   */
  public long cost(int node, int strategy) {
    return nodes.get(node).costs[strategy];
  }

  /**
   * Returns the memory of a strategy.
   *
   * @param node its index
   * @param strategy the strategy's index
   * @return bytes, 0 or more
   */
  public long usage(int node, int strategy) {
    return nodes.get(node).usages[strategy];
  }

  /**
   * Returns the first time at which a node holds memory.
   *
   * @param node its index
   * @return a time
   */
  public long from(int node) {
    return nodes.get(node).from;
  }

  /**
   * Returns the first time after {@link #from} at which a node holds no memory.
   *
   * @param node its index
   * @return a time, {@link #from} if the node never holds memory
   */
  public long to(int node) {
    return nodes.get(node).to;
  }

  /**
   * Returns the node of an edge whose strategies are the rows of its matrix.
   *
   * @param edge its index
   * @return a node's index
   */
  public int first(int edge) {
    return edges.get(edge).first;
  }

  /**
   * Returns the node of an edge whose strategies are the columns of its matrix.
   *
   * @param edge its index
   * @return a node's index; if the edge is a loop, the index of {@link #first}
   */
  public int second(int edge) {
    return edges.get(edge).second;
  }

  /**
   * Returns an entry of an edge's matrix.
   *
   * @param edge its index
   * @param row the strategy of its first node
   * @param column the strategy of its second node
   * @return the cost, at most {@link #IMPOSSIBLE}
   */
  public long cost(int edge, int row, int column) {
    Edge one = edges.get(edge);
    return one.costs[row * nodes.get(one.second).costs.length + column];
  }

  /**
   * Returns an edge's matrix, row after row.
   *
   * @param edge its index
   * @return costs, each at most {@link #IMPOSSIBLE}; edges may share the array, which must not be
   *     changed
   */
  public long[] matrix(int edge) {
    return edges.get(edge).costs;
  }

  /**
   * Returns the memory limit.
   *
   * @return bytes at any time
   */
  public long limit() {
    return limit;
  }

  /** Collects nodes and edges in any order; for one thread. */
  public static final class Builder {
    private final List<Node> nodes = new ArrayList<>();
    private final List<Edge> edges = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a node, whose index is the number of nodes before it.
     *
     * @param from the first time at which it holds memory
     * @param to the first time at which it no longer holds memory; {@code from} if it never does
     * @param costs the costs of its strategies, 0 or more; copied
     * @param usages the memory of its strategies, in bytes, 0 or more; copied
     * @return this builder
     * @throws IllegalArgumentException if there is no strategy, the lengths differ or a number is
     *     out of its range
     */
    public Builder node(long from, long to, long[] costs, long[] usages) {
      String name = "node " + nodes.size();
      require(nodes.size() < MOST_NODES, "nodes: must be at most " + MOST_NODES + ", got more");
      require(costs.length > 0, name + ": strategies must be 1 or more, got 0");
      require(
          costs.length == usages.length,
          name + ": expected a usage for each of " + costs.length + " costs, got " + usages.length);
      require(
          0 <= from && from <= to,
          name + ": interval must be 0 <= from <= to, got [" + from + ", " + to + ")");
      requireRange(name + ": cost ", costs, Long.MAX_VALUE, "0 or more");
      requireRange(name + ": usage ", usages, LARGEST_USAGE, "from 0 to 2^47");
      nodes.add(new Node(from, to, capped(costs.clone()), usages.clone()));
      return this;
    }

    /**
     * Adds an edge. A pair of nodes may have several edges, and a node may have an edge to itself.
     * The nodes may be added later.
     *
     * @param first the node of the rows
     * @param second the node of the columns
     * @param costs the matrix, row after row, 0 or more. It is kept, and copied only if an entry is
     *     above {@link #IMPOSSIBLE}, so that edges may share one: it must not be changed
     *     afterwards.
     * @return this builder
     * @throws IllegalArgumentException if a number is negative
     */
    public Builder edge(int first, int second, long[] costs) {
      String name = "edge " + edges.size();
      require(
          first >= 0 && second >= 0,
          name + ": nodes must be 0 or more, got " + first + " and " + second);
      requireRange(name + ": cost ", costs, Long.MAX_VALUE, "0 or more");
      edges.add(new Edge(first, second, capped(costs)));
      return this;
    }

    /**
     * Ends the problem.
     *
     * @param limit bytes at any time, 0 or more
     * @return the problem
     * @throws IllegalArgumentException if an edge names no node, its matrix has another size, the
     *     limit is negative, or a sum could leave the range of a {@code long}
     */
    public AssignmentProblem build(long limit) {
      require(limit >= 0, "limit: must be 0 or more, got " + limit);
      long largest = 0;
      long usages = 0;
      for (Node node : nodes) {
        largest += largestPossible(node.costs);
        require(largest < IMPOSSIBLE, "costs: possible ones must sum to less than 2e17, got more");
        for (long usage : node.usages) {
          usages = Math.max(usages, usage);
        }
      }
      require(
          nodes.isEmpty() || usages <= Long.MAX_VALUE / 2 / nodes.size(),
          "usages: the largest times the nodes must be less than 2^62, got " + usages);
      for (int edge = 0; edge < edges.size(); edge++) {
        check("edge " + edge, edges.get(edge));
        largest += largestPossible(edges.get(edge).costs);
        require(largest < IMPOSSIBLE, "costs: possible ones must sum to less than 2e17, got more");
      }
      return new AssignmentProblem(nodes, edges, limit);
    }

    private void check(String name, Edge edge) {
      int last = Math.max(edge.first, edge.second);
      require(
          last < nodes.size(),
          name + ": must join two of " + nodes.size() + " nodes, got node " + last);
      long rows = nodes.get(edge.first).costs.length;
      long columns = nodes.get(edge.second).costs.length;
      require(
          rows * columns == edge.costs.length,
          name + ": expected " + rows + " x " + columns + " costs, got " + edge.costs.length);
    }

    private static long largestPossible(long[] costs) {
      long largest = 0;
      for (long cost : costs) {
        if (cost < IMPOSSIBLE) {
          largest = Math.max(largest, cost);
        }
      }
      return largest;
    }

    /**
     * Replaces costs above {@link #IMPOSSIBLE} by that cost. A matrix without such costs is shared,
     * not copied.
     */
    private static long[] capped(long[] costs) {
      if (Arrays.stream(costs).noneMatch(cost -> cost > IMPOSSIBLE)) {
        return costs;
      }
      long[] capped = costs.clone();
      for (int entry = 0; entry < capped.length; entry++) {
        capped[entry] = Math.min(IMPOSSIBLE, capped[entry]);
      }
      return capped;
    }

    private static void requireRange(String name, long[] numbers, long largest, String range) {
      for (int index = 0; index < numbers.length; index++) {
        if (numbers[index] < 0 || numbers[index] > largest) {
          throw new IllegalArgumentException(
              name + index + " must be " + range + ", got " + numbers[index]);
        }
      }
    }

    private static void require(boolean holds, String message) {
      if (!holds) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
