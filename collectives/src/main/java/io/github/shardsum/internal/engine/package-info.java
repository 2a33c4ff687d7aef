/**
 * The engine, which runs collectives and plans in supersteps for the devices of one process:
 * lowering, executor, collectives in flight, SPMD runs and the rendezvous of their devices, call
 * sites.
 */
@NullMarked
package io.github.shardsum.internal.engine;

import org.jspecify.annotations.NullMarked;
