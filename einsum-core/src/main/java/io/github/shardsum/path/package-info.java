/**
 * The search for contraction paths: in which order the operands of an einsum are contracted pair by
 * pair, and which labels are sliced so that every intermediate fits a memory limit.
 *
 * <p>The package knows nothing of tensors. A {@link io.github.shardsum.path.Network} holds labels
 * and their sizes, a {@link io.github.shardsum.path.PathFinder} turns it into a {@link
 * io.github.shardsum.path.ContractionPlan}, and a {@link io.github.shardsum.path.PathCost} says
 * what the plan costs. All types are immutable and thread-safe. A search is deterministic, the same
 * on every machine, unless it was given a time budget.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.path;

import org.jspecify.annotations.NullMarked;
