/**
 * The bytes of a collective: blocks, boxes and copies, its phases, groups and devices of processes,
 * reductions of a group along the tree; transports, exchanges with other processes, their buffers
 * and fingerprints.
 */
@NullMarked
package io.github.shardsum.internal.engine.transfer;

import org.jspecify.annotations.NullMarked;
