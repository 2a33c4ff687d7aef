/** The sharding rule of every operation, and those of composites, which are derived. */
@NullMarked
package io.github.shardsum.internal.layout;

import org.jspecify.annotations.NullMarked;
