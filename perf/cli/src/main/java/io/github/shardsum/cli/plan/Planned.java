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

  /**
   * As {@link #plan}: what a plan counts is exact, so a size beyond that is told and not wrapped.
   *
   * @throws IllegalArgumentException if elements or bytes are too many to be counted
   */
  default Outcome planWithinRange(PlanRequest request, Checks checks) {
    try {
      return plan(request, checks);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "sizes: a plan's elements and bytes must be below 2^63, and of --run a value's elements"
              + " below 2^31, got more",
          overflow);
    }
  }
}
