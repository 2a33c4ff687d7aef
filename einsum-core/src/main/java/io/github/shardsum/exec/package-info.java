/** Threads and scratch memory for kernels. */
@NullMarked
package io.github.shardsum.exec;

import org.jspecify.annotations.NullMarked;
