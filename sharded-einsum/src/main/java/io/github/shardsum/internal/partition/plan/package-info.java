/**
 * The planner of sharded programs and einsums: compute shardings, reshards, and the search within a
 * memory limit.
 */
@NullMarked
package io.github.shardsum.internal.partition.plan;

import org.jspecify.annotations.NullMarked;
