package io.github.shardsum.cli.plan;

/** Something to plan. */
@FunctionalInterface
interface PlanTarget {
  /**
   * Plans the einsum or reshard, and makes the requested checks.
   *
   * @param request mesh, sizes and limits
   * @param checks extra work on the plan besides printing it
   * @return the answer
   */
  PlanOutcome plan(PlanRequest request, PlanChecks checks);

  /** Whether there are labels that need sizes. */
  default boolean hasLabels() {
    return false;
  }

  /**
   * The error for sizes with which a count in a plan, its table or its JSON would overflow; counts
   * are exact and never wrap.
   */
  static IllegalArgumentException beyondCounting(ArithmeticException overflow) {
    return new IllegalArgumentException(
        "sizes: a plan's elements and bytes must be below 2^63 (with --run, the elements of each"
            + " value below 2^31), got more",
        overflow);
  }
}
