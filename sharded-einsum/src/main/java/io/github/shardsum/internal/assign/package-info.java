/**
 * The solver: reductions of the graph (presolve, dominance, eliminated nodes), bounds (the dual,
 * branching), searches by moves of trees; costs, usage of memory, random numbers and effort of the
 * solver.
 */
@NullMarked
package io.github.shardsum.internal.assign;

import org.jspecify.annotations.NullMarked;
