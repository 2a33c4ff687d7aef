/**
 * The search for paths: greedy, optimal, by local moves (annealing, refined subtrees, dynamic
 * programming over subsets), slices; its trees, costs, labels, random numbers and time budget; the
 * parser and printed tables of paths.
 */
@NullMarked
package io.github.shardsum.internal.path;

import org.jspecify.annotations.NullMarked;
