package io.github.shardsum.cli.plan;

/** Something to plan. */
@FunctionalInterface
interface Planned {
  /**
   * Plans it, and checks the plan as is asked for.
   *
   * @param request mesh, sizes and limits
   * @param checks what is done with the plan beside printing it
   * @return the answer
   */
  Outcome plan(PlanRequest request, Checks checks);
}
