/**
 * Collectives over a mesh of devices.
 *
 * <p>{@link io.github.shardsum.collective.Collectives} is the entry: it runs code that is written
 * for one {@link io.github.shardsum.collective.Device} on all of them, or a {@link
 * io.github.shardsum.collective.Collective} over the values of all devices of this process at once.
 * Which engine carries it, this process alone or MPI, is configuration.
 */
@NullMarked
package io.github.shardsum.collective;

import org.jspecify.annotations.NullMarked;
