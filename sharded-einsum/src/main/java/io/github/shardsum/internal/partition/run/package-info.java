/**
 * The runner of a plan on the devices of a process: schedule, segments and stages, frames and
 * buffers, supersteps, the program and the einsum of one device, neighbours' blocks, one-hots and
 * other values made again, clocks, and the most memory that a device holds.
 */
@NullMarked
package io.github.shardsum.internal.partition.run;

import org.jspecify.annotations.NullMarked;
