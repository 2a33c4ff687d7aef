package io.github.shardsum.internal.reshard;

import io.github.shardsum.partition.Action;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One step from a state to another.
 *
 * @param action the action; created on demand, since most moves are never taken
 * @param from the state before the action
 * @param to the state after the action
 * @param received elements that the busiest device receives; counted on demand
 * @param collective whether devices communicate
 */
record Move(
    Supplier<Action> action,
    ReshardState from,
    ReshardState to,
    LongSupplier received,
    boolean collective) {}
