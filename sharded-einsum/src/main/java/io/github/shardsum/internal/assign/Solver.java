package io.github.shardsum.internal.assign;

import io.github.shardsum.assign.Assignment;
import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.assign.AssignmentProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Alternates reduction, bounds and search until the work of the options is done. Work is that of
 * one thread; the clock ends a run that is slower than expected.
 */
public final class Solver {
  /** Work for each second of the options: about half of the work of one core. */
  private static final double RATE = 1.5e8;

  /**
   * Shares of the work that the bound and the search get in the first phase, and in a later phase.
   */
  private static final double FIRST_DUAL = 0.25;

  private static final double FIRST_SEARCH = 0.2;
  private static final double LATER_DUAL = 0.05;
  private static final double LATER_SEARCH = 0.08;
  private static final double MOVING_SEARCH = 0.5;
  private static final double FIRST_CASES = 0.1;
  private static final double LAST_SEARCH = 0.6;

  /**
   * The most work of a phase's search before the bound removes strategies, for each entry of the
   * graph.
   */
  private static final long ENOUGH = 20_000;

  /** Least number of nodes for which most of the search uses changing prices. */
  private static final int MANY_NODES = 1000;

  /** A gap above which the bound excludes little. */
  private static final double WORTH_FIXING = 0.04;

  private static final int MOST_PHASES = 7;

  private final AssignmentProblem problem;
  private final int threads;
  private final SolverEffort effort;
  private final long whole;
  private final Presolve graph;

  /** The best choice, empty if there is none. */
  private int[] labels = new int[0];

  private long cost = SaturatingCosts.IMPOSSIBLE;
  private long bound;
  private int nodesLeft;
  private double[] price;

  private Solver(AssignmentProblem problem, AssignmentOptions options) {
    this.problem = problem;
    this.threads = options.threads();
    this.whole = (long) (options.seconds() * RATE);
    long deadline = System.nanoTime() + (long) (options.clock() * 1e9);
    this.effort = new SolverEffort(Long.MAX_VALUE, deadline);
    this.graph = new Presolve(problem, effort);
    this.price = new double[graph.time.points()];
  }

  /**
   * Solves a problem.
   *
   * @param problem nodes, edges and the limit
   * @param options limits of the work
   * @return the best choice and the best bound found
   */
  public static Assignment solve(AssignmentProblem problem, AssignmentOptions options) {
    Solver solver = new Solver(problem, options);
    boolean more = true;
    for (int phase = 0; more && phase < MOST_PHASES; phase++) {
      more = solver.phase(phase);
    }
    return solver.answer();
  }

  /** Returns whether another phase is worth it. */
  private boolean phase(int phase) {
    graph.time.mark();
    graph.run(labels);
    if (graph.infeasible) {
      // No choice is cheaper than the best one.
      bound = cost;
      return false;
    }
    movePrices();
    ReducedProblem model = new ReducedProblem(graph);
    nodesLeft = phase == 0 ? model.nodes : nodesLeft;
    if (model.nodes == 0) {
      take(model, new int[0]);
      bound = cost;
      return false;
    }
    return phase(model, phase);
  }

  /** Adds the price of each removed point to the price of the next remaining point. */
  private void movePrices() {
    double[] moved = new double[graph.time.points()];
    for (int point = 0; point < graph.time.marked(); point++) {
      if (graph.time.movedTo(point) >= 0) {
        moved[graph.time.movedTo(point)] += price[point];
      }
    }
    price = moved;
  }

  private boolean phase(ReducedProblem model, int phase) {
    boolean isFirst = phase == 0;
    boolean isLast = phase == MOST_PHASES - 1;
    int[] start = labels.length == 0 ? labels : model.choiceOf(labels);
    double upper = start.length == 0 ? Double.POSITIVE_INFINITY : model.cost(start);
    Dual dual = new Dual(model, effort, price);
    List<int[]> starts = raise(dual, upper, share(isFirst ? FIRST_DUAL : LATER_DUAL));
    price = dual.price();
    ExactBound exact = new ExactBound(model, price, dual.messages());
    // An earlier phase may have removed all choices that are not cheaper than the best one, so the
    // best cost limits the bound.
    bound = Math.max(bound, Math.min(cost, model.whole(exact.bound())));
    SearchPair search = new SearchPair(model, effort, phase, price, threads);
    if (start.length > 0) {
      search.startFrom(start);
    } else {
      Branching cases = new Branching(model, effort, exact.bound(), price, dual.messages());
      while (!search.isFound() && !cases.isDone() && effort.done() < whole && !effort.isSpent()) {
        search.find(starts, share(FIRST_SEARCH));
        byCases(model, search, cases);
      }
      // All cases are done and none has a possible choice.
      bound = !search.isFound() && cases.isDone() ? cost : bound;
    }
    if (!search.isFound()) {
      return false;
    }
    take(model, search.best());
    boolean moves = model.nodes >= MANY_NODES;
    long enough = effort.done() + ENOUGH * (model.entries + model.offset[model.nodes]);
    search.search(Math.min(enough, share(moves ? MOVING_SEARCH : LATER_SEARCH)), moves);
    take(model, search.best());
    if (isEnd()) {
      return false;
    }
    if (!isLast && cost - bound <= WORTH_FIXING * cost) {
      long fixed = exact.fix(model.below(cost), model.choiceOf(labels));
      if (fixed > 0) {
        return true;
      }
    }
    last(model, search, exact, dual.messages());
    return false;
  }

  /** Looks for a choice by cases, if the graph is small and search found none. */
  private void byCases(ReducedProblem model, SearchPair search, Branching cases) {
    if (!search.isFound() && model.nodes < MANY_NODES) {
      cases.raise(model.total, share(FIRST_CASES));
      if (cases.found().length > 0) {
        search.startFrom(cases.found());
      }
    }
  }

  /**
   * Spends the rest of the work: on search, and in a small graph also on cases that raise the
   * bound.
   */
  private void last(ReducedProblem model, SearchPair search, ExactBound exact, double[] messages) {
    if (model.nodes >= MANY_NODES) {
      search.search(whole, true);
      take(model, search.best());
      return;
    }
    Branching branching = new Branching(model, effort, exact.bound(), price, messages);
    long left = whole - effort.done();
    branch(model, branching, effort.done() + (long) (left * FIRST_CASES));
    if (!isEnd()) {
      search.search(effort.done() + (long) (left * LAST_SEARCH), false);
      take(model, search.best());
      branch(model, branching, whole);
    }
  }

  private void branch(ReducedProblem model, Branching branching, long until) {
    long raised = branching.raise(model.below(cost), until);
    if (branching.found().length > 0) {
      take(model, branching.found());
    }
    bound = Math.max(bound, Math.min(cost, model.whole(raised)));
  }

  private boolean isEnd() {
    return cost <= bound || effort.isSpent() || effort.done() >= whole;
  }

  private long share(double part) {
    return Math.min(whole, effort.done() + (long) (whole * part));
  }

  /** Raises the bound, and returns the last two roundings, the latest first. */
  private List<int[]> raise(Dual dual, double upper, long until) {
    List<int[]> roundings = new ArrayList<>();
    int iterations = 0;
    do {
      dual.iterate(upper);
      iterations++;
      if (Integer.bitCount(iterations) == 1) {
        roundings.add(dual.rounded().clone());
      }
    } while (effort.done() < until && !effort.isSpent() && !dual.isDone());
    roundings.add(dual.rounded().clone());
    List<int[]> latest = roundings.reversed();
    return latest.subList(0, Math.min(2, latest.size()));
  }

  private void take(ReducedProblem model, int[] choice) {
    int[] all = new int[problem.nodes()];
    model.label(choice, all);
    graph.expand(all);
    long sum = AssignmentCost.cost(problem, all);
    if ((sum < cost || problem.nodes() == 0)
        && AssignmentCost.peak(problem, all) <= problem.limit()) {
      cost = sum;
      labels = all;
    }
  }

  private Assignment answer() {
    boolean found = cost < SaturatingCosts.IMPOSSIBLE;
    List<Integer> choice = found ? Arrays.stream(labels).boxed().toList() : List.of();
    long peak = found ? AssignmentCost.peak(problem, labels) : 0;
    return new Assignment(
        choice, cost, Math.min(bound, cost), peak, nodesLeft, effort.done(), effort.isStopped());
  }
}
