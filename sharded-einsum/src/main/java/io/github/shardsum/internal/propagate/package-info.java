/**
 * The propagator, which moves layouts along the rules: its nodes, known splits, conflicts of axes,
 * regions, partial sums.
 */
@NullMarked
package io.github.shardsum.internal.propagate;

import org.jspecify.annotations.NullMarked;
