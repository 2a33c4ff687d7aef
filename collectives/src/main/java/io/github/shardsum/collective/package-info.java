/**
 * Collectives over a mesh of devices.
 *
 * <p>{@link io.github.shardsum.collective.Collectives} is the entry. It runs code for one {@link
 * io.github.shardsum.collective.Device} on all of them, or a {@link
 * io.github.shardsum.collective.Collective} over the values of all devices of this process at once.
 * Configuration chooses the engine: this process alone, or MPI.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.collective;

import org.jspecify.annotations.NullMarked;
