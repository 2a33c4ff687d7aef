/**
 * The checker of plans. It derives how each value of a plan lies, for all devices at once and by
 * rules of its own, and refuses the plan where that is not what the plan says. It shares no code
 * with planner, propagation and layouts' index arithmetic.
 *
 * <p>A new step is a case in {@link PlanChecker}, a new operation one in {@link BlockRule}.
 */
@NullMarked
package io.github.shardsum.internal.certify;

import org.jspecify.annotations.NullMarked;
