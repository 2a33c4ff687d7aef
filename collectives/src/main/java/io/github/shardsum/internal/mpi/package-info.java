/**
 * MPI through the foreign function interface: Open MPI, MPICH and the MPI-5 binary interface, found
 * at run time.
 */
@NullMarked
package io.github.shardsum.internal.mpi;

import org.jspecify.annotations.NullMarked;
