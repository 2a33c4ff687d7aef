/** Internals of einsum-core, which may change at any time. */
@NullMarked
package io.github.shardsum.internal;

import org.jspecify.annotations.NullMarked;
