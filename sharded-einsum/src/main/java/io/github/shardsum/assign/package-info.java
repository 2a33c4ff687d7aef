/**
 * Chooses one strategy for each node of a graph: least cost within a memory limit, with a proven
 * lower bound.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.assign;

import org.jspecify.annotations.NullMarked;
