/**
 * The backend that runs one program on many devices, in this process or over MPI.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.backend.mesh;

import org.jspecify.annotations.NullMarked;
