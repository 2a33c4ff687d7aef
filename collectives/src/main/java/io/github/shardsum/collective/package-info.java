/**
 * Collectives over a mesh of devices.
 *
 * <p>{@link io.github.shardsum.collective.Collectives} is the entry: it holds the values of this
 * process's devices and runs a {@link io.github.shardsum.collective.Collective} over all of them at
 * once, or SPMD code that is written for one {@link io.github.shardsum.collective.Device}. Which
 * engine carries it, this process alone or MPI, is configuration.
 */
@NullMarked
package io.github.shardsum.collective;

import org.jspecify.annotations.NullMarked;
