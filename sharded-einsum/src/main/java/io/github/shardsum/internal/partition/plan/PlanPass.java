package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.SpmdPlan;

/**
 * A rewrite from a plan to a plan that computes the same values. A pass writes by a {@link
 * PlanEditor}; its caller decides which of both plans is taken.
 */
interface PlanPass {
  /** The rewritten plan, equal to the given one if the pass changes nothing. */
  SpmdPlan of(SpmdPlan plan);
}
