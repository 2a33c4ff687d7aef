/** Loads of links, phase by phase: what the costs of collectives are computed from. */
@NullMarked
package io.github.shardsum.internal.topology;

import org.jspecify.annotations.NullMarked;
