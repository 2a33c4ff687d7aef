/**
 * Operations on tensors other than einsums: elementwise, comparisons, reductions, statistics,
 * softmax, order, movement, creation, random tensors.
 */
@NullMarked
package io.github.shardsum.ops;

import org.jspecify.annotations.NullMarked;
