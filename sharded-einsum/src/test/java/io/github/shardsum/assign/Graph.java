package io.github.shardsum.assign;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** A problem as plain arrays, from which the oracles of tests read. */
record Graph(
    long[][] intervals,
    long[][] costs,
    long[][] usages,
    int[][] ends,
    long[][] matrices,
    long limit) {
  static final long IMPOSSIBLE = 1_000_000_000_000_000_000L;

  AssignmentProblem problem() {
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    for (int node = 0; node < costs.length; node++) {
      builder.node(intervals[node][0], intervals[node][1], costs[node], usages[node]);
    }
    for (int edge = 0; edge < ends.length; edge++) {
      builder.edge(ends[edge][0], ends[edge][1], matrices[edge]);
    }
    return builder.build(limit);
  }

  /** The cost, or {@link #IMPOSSIBLE} if an entry is impossible or the limit is broken. */
  long cost(List<Integer> choice) {
    return peak(choice) > limit ? IMPOSSIBLE : sum(choice);
  }

  long sum(List<Integer> choice) {
    long sum = 0;
    for (int node = 0; node < costs.length; node++) {
      sum = plus(sum, costs[node][choice.get(node)]);
    }
    for (int edge = 0; edge < ends.length; edge++) {
      int columns = costs[ends[edge][1]].length;
      int row = choice.get(ends[edge][0]);
      int column = choice.get(ends[edge][1]);
      sum = plus(sum, matrices[edge][row * columns + column]);
    }
    return sum;
  }

  private static long plus(long one, long other) {
    return one >= IMPOSSIBLE || other >= IMPOSSIBLE ? IMPOSSIBLE : one + other;
  }

  /** Usage is largest where an interval begins. */
  long peak(List<Integer> choice) {
    long peak = 0;
    for (long[] begin : intervals) {
      long sum = 0;
      for (int node = 0; node < costs.length; node++) {
        if (intervals[node][0] <= begin[0] && begin[0] < intervals[node][1]) {
          sum += usages[node][choice.get(node)];
        }
      }
      peak = Math.max(peak, sum);
    }
    return peak;
  }

  Graph withLimit(long other) {
    return new Graph(intervals, costs, usages, ends, matrices, other);
  }

  /** The least cost of all choices. */
  long least() {
    return least(new ArrayList<>(), this::cost);
  }

  /** The least peak of all choices. */
  long leastPeak() {
    return least(new ArrayList<>(), this::peak);
  }

  private long least(List<Integer> chosen, ToLongFunction<List<Integer>> of) {
    if (chosen.size() == costs.length) {
      return of.applyAsLong(chosen);
    }
    long least = Long.MAX_VALUE;
    for (int strategy = 0; strategy < costs[chosen.size()].length; strategy++) {
      chosen.add(strategy);
      least = Math.min(least, least(chosen, of));
      chosen.removeLast();
    }
    return least;
  }
}
