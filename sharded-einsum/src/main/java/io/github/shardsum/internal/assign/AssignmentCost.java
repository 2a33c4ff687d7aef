package io.github.shardsum.internal.assign;

import io.github.shardsum.assign.AssignmentProblem;
import java.util.Arrays;

/** Cost and peak of a choice, from the problem as it was given. */
final class AssignmentCost {
  private AssignmentCost() {}

  /** Returns the cost; {@link SaturatingCosts#IMPOSSIBLE} if a part of the cost is impossible. */
  static long cost(AssignmentProblem problem, int[] choice) {
    long sum = 0;
    for (int node = 0; node < choice.length; node++) {
      sum = SaturatingCosts.add(sum, problem.cost(node, choice[node]));
    }
    for (int edge = 0; edge < problem.edges(); edge++) {
      int row = choice[problem.first(edge)];
      int column = choice[problem.second(edge)];
      sum = SaturatingCosts.add(sum, problem.cost(edge, row, column));
    }
    return sum;
  }

  /** Returns the largest sum of usages at any time. */
  static long peak(AssignmentProblem problem, int[] choice) {
    Event[] events = new Event[2 * choice.length];
    for (int node = 0; node < choice.length; node++) {
      long usage = problem.usage(node, choice[node]);
      boolean isLive = problem.from(node) < problem.to(node);
      events[2 * node] = new Event(problem.from(node), isLive ? usage : 0);
      events[2 * node + 1] = new Event(problem.to(node), isLive ? -usage : 0);
    }
    // At the same time, ends come before begins, since an interval does not contain its end.
    Arrays.sort(events);
    long now = 0;
    long peak = 0;
    for (Event event : events) {
      now += event.change;
      peak = Math.max(peak, now);
    }
    return peak;
  }

  private record Event(long time, long change) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(change, other.change);
    }
  }
}
