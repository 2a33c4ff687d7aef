/** The backend that runs one program on many devices, in this process or over MPI. */
@NullMarked
package io.github.shardsum.backend.mesh;

import org.jspecify.annotations.NullMarked;
