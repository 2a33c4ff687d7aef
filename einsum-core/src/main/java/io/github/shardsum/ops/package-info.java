/**
 * Operations on tensors other than einsums: elementwise, comparisons, reductions, statistics,
 * softmax, order, movement, creation, random tensors.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.ops;

import org.jspecify.annotations.NullMarked;
