/**
 * The collectives from one layout to another: the search, its moves, states and units, blocks and
 * chunks of layouts, permutations, halos, buses; {@code Cost} and {@code Prices} of every step of a
 * plan, counts of what devices receive, the timeline of computation and links, windowed einsums,
 * parts of composites.
 */
@NullMarked
package io.github.shardsum.internal.reshard;

import org.jspecify.annotations.NullMarked;
