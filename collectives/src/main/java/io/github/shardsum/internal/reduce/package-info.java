/**
 * The tree that fixes the order of sums across devices ({@code ReductionTree}), the memory that it
 * reads and writes, and the scalar loops that add along it; {@code internal.vector.reduce} has the
 * vector loops.
 */
@NullMarked
package io.github.shardsum.internal.reduce;

import org.jspecify.annotations.NullMarked;
