/**
 * Execution of SPMD plans on the devices of a mesh: schedules, buffers, local programs and
 * supersteps.
 */
@NullMarked
package io.github.shardsum.internal.partition.run;

import org.jspecify.annotations.NullMarked;
