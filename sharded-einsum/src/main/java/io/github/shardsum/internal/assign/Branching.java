package io.github.shardsum.internal.assign;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Raises a proven bound by cases: the strategies of a node are split into those that pay little for
 * memory and those that pay much. Each half gets its own prices. The least bound of all cases is a
 * bound of the problem, and the case with this bound is split next.
 */
final class Branching {
  /** Iterations of the dual in a case: few, since each case begins near its optimum. */
  private static final int ITERATIONS = 40;

  /** The most numbers that all cases together may hold. */
  private static final long MOST_NUMBERS = 30_000_000;

  private final ReducedProblem model;
  private final SolverEffort effort;
  private long best;
  private final PriorityQueue<Case> cases =
      new PriorityQueue<>(Comparator.comparingLong(Case::bound).thenComparingLong(Case::number));
  private long number;
  private int[] found = new int[0];

  /** Strategies that are still open, a bound, and the prices and messages that prove the bound. */
  private record Case(boolean[] open, long bound, double[] price, double[] messages, long number) {}

  /** A node, and the strategies of the model that stay open in one half. */
  private record Split(int node, boolean[] little) {}

  /**
   * Begins with one case.
   *
   * @param bound the bound that is proven so far
   */
  Branching(
      ReducedProblem model, SolverEffort effort, long bound, double[] price, double[] messages) {
    this.model = model;
    this.effort = effort;
    boolean[] all = new boolean[model.offset[model.nodes]];
    Arrays.fill(all, true);
    cases.add(new Case(all, bound, price, messages, number++));
  }

  /**
   * Splits cases until the total work reaches {@code until}, and returns a bound.
   *
   * @param known cost of the best known solution, which the bound cannot exceed
   */
  long raise(long known, long until) {
    best = known;
    while (!cases.isEmpty() && effort.done() < until && !effort.isSpent()) {
      if (cases.peek().bound >= best) {
        // No case has a cheaper choice, since none has a lower bound.
        cases.clear();
        return best;
      }
      Split split = split(cases.peek());
      if (split.node < 0 || (cases.size() + 2L) * model.vectorLength > MOST_NUMBERS) {
        break;
      }
      Case parent = cases.poll();
      boolean[] little = parent.open.clone();
      boolean[] much = parent.open.clone();
      for (int at = model.offset[split.node]; at < model.offset[split.node + 1]; at++) {
        little[at] &= split.little[at];
        much[at] &= !split.little[at];
      }
      evaluate(new Case(little, parent.bound, parent.price, parent.messages, number++));
      evaluate(new Case(much, parent.bound, parent.price, parent.messages, number++));
    }
    return cases.isEmpty() ? best : Math.min(best, cases.peek().bound);
  }

  /** Whether no case is left, so that no choice is cheaper than the best one known. */
  boolean isDone() {
    return cases.isEmpty();
  }

  /** The choice of a case that was cheaper than any known, empty if there was none. */
  int[] found() {
    return found;
  }

  /** Bounds a case, and keeps it if it may have a better solution. */
  private void evaluate(Case begun) {
    boolean[] open = begun.open;
    if (!propagate(open) || isSettled(open)) {
      return;
    }
    ReducedProblem restricted = model.restrictedTo(open);
    Dual dual = new Dual(restricted, effort, begun.price, begun.messages);
    for (int iteration = 0; iteration < ITERATIONS && dual.bound() < best; iteration++) {
      dual.iterate(best);
    }
    ExactBound exact = new ExactBound(restricted, dual.price(), dual.messages());
    effort.add(model.entries);
    long bound = Math.max(begun.bound, exact.bound());
    if (bound >= best) {
      return;
    }
    exact.close(best, open);
    // With some strategies closed there may be nothing left to split.
    if (isOpen(open) && !isSettled(open)) {
      cases.add(new Case(open, bound, dual.price(), dual.messages(), begun.number));
    }
  }

  /**
   * Whether a case has a single choice. The choice is kept if it is possible and cheaper than the
   * best one known.
   */
  private boolean isSettled(boolean[] open) {
    int[] only = only(open);
    if (only.length > 0 && model.isFeasible(only) && model.cost(only) < best) {
      best = model.cost(only);
      found = only;
    }
    return only.length > 0;
  }

  /** The choice, if each node of the case has one strategy; empty for other cases. */
  private int[] only(boolean[] open) {
    int[] only = new int[model.nodes];
    for (int node = 0; node < model.nodes; node++) {
      int count = 0;
      for (int strategy = 0; strategy < model.size(node); strategy++) {
        if (open[model.offset[node] + strategy]) {
          only[node] = strategy;
          count++;
        }
      }
      if (count != 1) {
        return new int[0];
      }
    }
    return only;
  }

  /**
   * Closes strategies that exceed the limit even if all other nodes use the least memory. Returns
   * false if the case has no choice within the limit.
   */
  private boolean propagate(boolean[] open) {
    long[] slack = model.limit.clone();
    for (int node = 0; node < model.nodes; node++) {
      for (int i = model.item[node]; i < model.item[node + 1]; i++) {
        long least = least(node, i, open);
        if (least == Long.MAX_VALUE) {
          return false;
        }
        for (int point = model.lo[i]; point < model.hi[i]; point++) {
          slack[point] -= least;
        }
        effort.add(model.size(node) + model.hi[i] - model.lo[i]);
      }
    }
    for (long left : slack) {
      if (left < 0) {
        return false;
      }
    }
    for (int node = 0; node < model.nodes; node++) {
      for (int i = model.item[node]; i < model.item[node + 1]; i++) {
        close(node, i, slack, open);
      }
    }
    return isOpen(open);
  }

  private long least(int node, int i, boolean[] open) {
    long least = Long.MAX_VALUE;
    for (int strategy = 0; strategy < model.size(node); strategy++) {
      if (open[model.offset[node] + strategy]) {
        least = Math.min(least, model.use[i][strategy]);
      }
    }
    return least;
  }

  private void close(int node, int i, long[] slack, boolean[] open) {
    long least = least(node, i, open);
    if (least == Long.MAX_VALUE) {
      return;
    }
    long room = Long.MAX_VALUE;
    for (int point = model.lo[i]; point < model.hi[i]; point++) {
      room = Math.min(room, slack[point]);
    }
    for (int strategy = 0; strategy < model.size(node); strategy++) {
      open[model.offset[node] + strategy] &= model.use[i][strategy] - least <= room;
    }
  }

  private boolean isOpen(boolean[] open) {
    for (int node = 0; node < model.nodes; node++) {
      boolean any = false;
      for (int at = model.offset[node]; at < model.offset[node + 1]; at++) {
        any |= open[at];
      }
      if (!any) {
        return false;
      }
    }
    return true;
  }

  /**
   * The node whose strategies differ most in their priced memory; without prices, the node with the
   * most strategies.
   */
  private Split split(Case of) {
    double[] pays = model.memoryCosts(of.price);
    int chosen = -1;
    double most = -1;
    double middle = 0;
    for (int node = 0; node < model.nodes; node++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      int count = 0;
      for (int at = model.offset[node]; at < model.offset[node + 1]; at++) {
        if (of.open[at]) {
          low = Math.min(low, pays[at]);
          high = Math.max(high, pays[at]);
          count++;
        }
      }
      double spread = high - low + 1e-9 * count;
      if (count > 1 && spread > most) {
        chosen = node;
        most = spread;
        middle = (low + high) / 2;
      }
    }
    return new Split(chosen, chosen < 0 ? new boolean[0] : halves(chosen, of.open, pays, middle));
  }

  private boolean[] halves(int node, boolean[] open, double[] pays, double middle) {
    boolean[] little = new boolean[open.length];
    boolean hasOther = false;
    boolean hasLittle = false;
    for (int at = model.offset[node]; at < model.offset[node + 1]; at++) {
      little[at] = pays[at] < middle;
      hasLittle |= open[at] && little[at];
      hasOther |= open[at] && !little[at];
    }
    if (!hasLittle || !hasOther) {
      // If all pay the same, one half is only the first strategy.
      Arrays.fill(little, false);
      int first = model.offset[node];
      while (!open[first]) {
        first++;
      }
      little[first] = true;
    }
    return little;
  }
}
