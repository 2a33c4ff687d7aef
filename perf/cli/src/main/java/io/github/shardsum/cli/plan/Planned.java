package io.github.shardsum.cli.plan;

/** Something to plan. */
@FunctionalInterface
interface Planned {
  /**
   * Plans it, and runs the plan if that is asked for.
   *
   * @param request mesh, sizes and limits
   * @param run whether the plan is run on integers
   * @return the answer
   */
  Outcome plan(PlanRequest request, boolean run);
}
