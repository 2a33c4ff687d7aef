package io.github.shardsum.assign;

import io.github.shardsum.internal.assign.Solver;

/**
 * Chooses a strategy for each node of an {@link AssignmentProblem}. Deterministic: equal input
 * gives an equal answer, unless the clock ends a run, which the answer says.
 */
public final class AssignmentSolver {
  private AssignmentSolver() {}

  /**
   * Solves a problem.
   *
   * @param problem nodes, edges and the limit
   * @param options the time that the search may take, and the number of threads
   * @return the best choice that was found, and a proven lower bound of the cost of any choice
   */
  public static Assignment solve(AssignmentProblem problem, AssignmentOptions options) {
    return Solver.solve(problem, options);
  }
}
