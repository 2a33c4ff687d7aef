/** Checks and loops that operations on tensors share. */
@NullMarked
package io.github.shardsum.internal.ops;

import org.jspecify.annotations.NullMarked;
