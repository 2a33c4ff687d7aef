/**
 * The SPMD partitioner. It plans reshards, einsums and programs as one list of local steps and
 * collectives for all devices, explains plans, and runs them.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.partition;

import org.jspecify.annotations.NullMarked;
