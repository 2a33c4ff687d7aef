/** Starts a program in several processes under MPI. */
@NullMarked
package io.github.shardsum.cli.launch;

import org.jspecify.annotations.NullMarked;
