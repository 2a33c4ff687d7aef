/**
 * The sharding rule of every operation, and those of composites, which are derived; einsums with
 * layouts as programs.
 */
@NullMarked
package io.github.shardsum.internal.layout;

import org.jspecify.annotations.NullMarked;
