/** Routing of a group: gates, choices, slots, weights, and the notation of options. */
@NullMarked
package io.github.shardsum.internal.moe.route;

import org.jspecify.annotations.NullMarked;
