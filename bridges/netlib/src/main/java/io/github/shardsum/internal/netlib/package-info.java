/** Internals of shardsum-netlib, which may change at any time. */
@NullMarked
package io.github.shardsum.internal.netlib;

import org.jspecify.annotations.NullMarked;
