/**
 * Costs of collectives on a network before they run: topologies of links, the loads that a
 * collective's schedule puts on them, and links fitted to measured times.
 */
@NullMarked
package io.github.shardsum.topology;

import org.jspecify.annotations.NullMarked;
