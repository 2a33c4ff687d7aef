/**
 * The planner ({@code ...Planner}): how each statement is split ({@code Statement...}, {@code
 * Splits}, compute shardings), its operands' supply, ways to reshard, expansions, windows, chunks,
 * pieces and parts; trees of einsums, loops and regions; the search under a memory limit;
 * collectives packed or overlapped.
 */
@NullMarked
package io.github.shardsum.internal.partition.plan;

import org.jspecify.annotations.NullMarked;
