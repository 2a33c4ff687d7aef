/**
 * Threads and scratch memory for kernels.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.exec;

import org.jspecify.annotations.NullMarked;
