package io.github.shardsum.internal.auto;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.internal.partition.plan.StatementChoices;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Matrices of the prices of reshards; edges between equal lists of layouts share one matrix. */
final class EdgePrices {
  private final StatementChoices ways;
  private final boolean isBound;
  private final Map<String, Double> pairs = new HashMap<>();
  private final Map<String, double[]> matrices = new HashMap<>();

  EdgePrices(StatementChoices ways, boolean isBound) {
    this.ways = ways;
    this.isBound = isBound;
  }

  /** An edge between two nodes; an infinite cost is an impossible pair. */
  record Edge(int first, int second, double[] costs) {
    double largest() {
      return EdgePrices.largest(costs);
    }
  }

  static double largest(double[] costs) {
    double largest = 0;
    for (double cost : costs) {
      largest = cost < Double.POSITIVE_INFINITY ? Math.max(largest, cost) : largest;
    }
    return largest;
  }

  /** Costs in units, rounded down, so that a lower bound of the price stays a lower bound. */
  static long[] units(double[] costs, double scale) {
    long[] units = new long[costs.length];
    for (int i = 0; i < units.length; i++) {
      units[i] =
          costs[i] < Double.POSITIVE_INFINITY
              ? (long) (costs[i] * scale)
              : AssignmentProblem.IMPOSSIBLE;
    }
    return units;
  }

  /** The edge from a value to a statement that reads it. */
  Edge read(LayoutGraphNode from, int node, List<Layout> wanted, boolean isWild) {
    double share = share(from) * from.times;
    double[] costs = matrix(from.value, from.by, from.layouts, wanted, share, isWild, false);
    return new Edge(from.node, node, costs);
  }

  /** The edge from a statement to its result. */
  Edge made(int node, List<Layout> made, LayoutGraphNode to, boolean isWild) {
    double[] costs = matrix(to.value, to.by, made, to.layouts, to.times, false, isWild);
    return new Edge(node, to.node, costs);
  }

  /** The edge from a value to its successor, with layouts of one value. */
  Edge move(
      LayoutGraphNode from,
      List<Layout> before,
      LayoutGraphNode to,
      List<Layout> after,
      Value value,
      long times) {
    double[] costs = matrix(value, from.by, before, after, share(from) * times, false, false);
    return new Edge(from.node, to.node, costs);
  }

  /** The edge that makes two nodes choose the same strategy. */
  Edge tie(int first, int second, int strategies) {
    double[] costs =
        matrices.computeIfAbsent(
            "tie " + strategies,
            _ -> {
              double[] same = new double[strategies * strategies];
              for (int i = 0; i < same.length; i++) {
                same[i] = i % (strategies + 1) == 0 ? 0 : Double.POSITIVE_INFINITY;
              }
              return same;
            });
    return new Edge(first, second, costs);
  }

  /** Readers of one value may share a reshard, so in a bound each reader pays only its part. */
  private double share(LayoutGraphNode from) {
    return isBound ? 1.0 / Math.max(1, from.readers) : 1;
  }

  private double[] matrix(
      Value value,
      ReduceKind by,
      List<Layout> from,
      List<Layout> to,
      double times,
      boolean isWildTo,
      boolean isWildFrom) {
    List<String> row = keys(from);
    List<String> column = keys(to);
    String type = value.type().dtype() + " " + value.type().shape() + " " + by;
    String key = type + row + column + times + isWildTo + isWildFrom;
    return matrices.computeIfAbsent(
        key,
        _ -> {
          int width = column.size() + (isWildTo ? 1 : 0);
          double[] costs = new double[(row.size() + (isWildFrom ? 1 : 0)) * width];
          for (int i = 0; i < row.size(); i++) {
            for (int j = 0; j < column.size(); j++) {
              String pair = type + row.get(i) + ">" + column.get(j);
              int at = i * width + j;
              int first = i;
              int second = j;
              costs[at] =
                  times
                      * pairs.computeIfAbsent(
                          pair, _ -> price(value, from.get(first), to.get(second), by));
            }
          }
          return costs;
        });
  }

  /** Keys of layouts: mesh axes by dimension, without the names of labels. */
  static List<String> keys(List<Layout> layouts) {
    List<String> keys = new ArrayList<>();
    for (Layout layout : layouts) {
      StringBuilder key = new StringBuilder();
      for (Axis axis : layout.term().axes()) {
        key.append(String.join(".", axis.mesh())).append(',');
      }
      key.append(layout.partial());
      keys.add(key.toString());
    }
    return keys;
  }

  private double price(Value value, Layout from, Layout to, ReduceKind by) {
    if (from.isEquivalent(to)) {
      return 0;
    }
    Optional<Cost> cost = ways.reshard(value, from, to, by);
    if (cost.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    return isBound ? least(cost.get(), value, from) : ways.total(cost.get());
  }

  /** The least cost of a reshard in any plan. */
  private double least(Cost cost, Value value, Layout from) {
    if (!StatementChoices.isPackable(value, from)) {
      return ways.total(new Cost(cost.amount(), Math.min(1, cost.collectives())));
    }
    return ways.unstarted(cost);
  }
}
