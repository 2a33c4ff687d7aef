/**
 * The checker of plans. It derives the layout of each value of a plan, for all devices at once and
 * by rules of its own. It refuses a plan that states another layout, or that does not compute the
 * request. It shares no code with the planner, with propagation or with the index arithmetic of
 * layouts.
 *
 * <ul>
 *   <li>{@link PlanChecker} replays steps; a new step is a case there
 *   <li>{@link CheckedParts} and {@link CheckedCut} are the parts that devices hold, {@link
 *       BlockRule} is the meaning of an operation on blocks, {@link AddendRule} says which operands
 *       may be addends; a new operation is a case in the last two
 *   <li>{@link CheckedTerms} are the meanings of values, {@link Laws} the laws by which an
 *       operation may stand for another; a new rewrite of the planner is a law there
 *   <li>{@link CheckedRequest} is the request of the program and its annotations
 * </ul>
 */
@NullMarked
package io.github.shardsum.internal.certify;

import org.jspecify.annotations.NullMarked;
