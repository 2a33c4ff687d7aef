package io.github.shardsum.internal.reshard;

import io.github.shardsum.partition.Action;
import java.util.function.Supplier;

/**
 * One step from a state to another.
 *
 * @param action what is done; made when asked for, as most moves are never taken
 * @param to the state after it
 * @param received elements that the busiest device receives
 * @param collective whether devices communicate
 */
record Move(Supplier<Action> action, State to, long received, boolean collective) {}
