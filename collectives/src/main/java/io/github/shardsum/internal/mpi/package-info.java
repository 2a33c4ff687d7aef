/**
 * MPI by foreign functions: libraries and their constants, jobs, signal handlers, channels and
 * control messages, communicators, exchanges message by message; the thread that starts operations
 * and polls until they are done; failures and peers that stop.
 */
@NullMarked
package io.github.shardsum.internal.mpi;

import org.jspecify.annotations.NullMarked;
