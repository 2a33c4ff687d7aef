/** Counts, einsum planning and execution of SPMD plans. */
@NullMarked
package io.github.shardsum.internal.partition;

import org.jspecify.annotations.NullMarked;
