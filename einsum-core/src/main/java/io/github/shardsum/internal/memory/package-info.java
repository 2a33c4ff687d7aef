/** Moves between tensors and the arrays that kernels compute on. */
@NullMarked
package io.github.shardsum.internal.memory;

import org.jspecify.annotations.NullMarked;
