/**
 * What a collective costs on a network before it runs: topologies of links, the loads that a
 * collective's schedule puts on them, and links fitted to measured times.
 */
@NullMarked
package io.github.shardsum.topology;

import org.jspecify.annotations.NullMarked;
