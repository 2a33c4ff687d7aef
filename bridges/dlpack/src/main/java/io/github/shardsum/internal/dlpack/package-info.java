/** Internals of shardsum-dlpack, which may change at any time. */
@NullMarked
package io.github.shardsum.internal.dlpack;

import org.jspecify.annotations.NullMarked;
