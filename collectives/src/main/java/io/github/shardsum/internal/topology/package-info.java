/** Loads of links, phase by phase, from which the costs of collectives are computed. */
@NullMarked
package io.github.shardsum.internal.topology;

import org.jspecify.annotations.NullMarked;
