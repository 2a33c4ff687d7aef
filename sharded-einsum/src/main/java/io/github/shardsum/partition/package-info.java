/**
 * The SPMD partitioner: reshards and einsums planned as one list of local steps and collectives for
 * all devices, explained, and run.
 */
@NullMarked
package io.github.shardsum.partition;

import org.jspecify.annotations.NullMarked;
