/**
 * The checker of plans. It derives how each value of a plan lies, for all devices at once and by
 * rules of its own, and refuses the plan where that is not what the plan says, or does not compute
 * what was asked for. It shares no code with planner, propagation and layouts' index arithmetic.
 *
 * <ul>
 *   <li>{@link PlanChecker} follows steps; a new step is a case there
 *   <li>{@link Held} and {@link Cut} are what devices have, {@link BlockRule} how an operation
 *       computes of blocks, {@link Addends} which operands may be addends: a new operation is a
 *       case in both
 *   <li>{@link Terms} are what values mean, {@link Laws} by which law an operation may stand for
 *       another: a new rewrite of the planner is a law there
 *   <li>{@link Asked} is what the program and its annotations ask for
 * </ul>
 */
@NullMarked
package io.github.shardsum.internal.certify;

import org.jspecify.annotations.NullMarked;
