/**
 * Costs of collectives on a network, before they run: topologies of links, the loads of a
 * collective's schedule on these links, and links fitted to measured times.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.topology;

import org.jspecify.annotations.NullMarked;
