/**
 * Operations on tensors that are no einsum: elementwise, comparisons, reductions, statistics,
 * softmax, order, movement, creation, random tensors.
 */
@NullMarked
package io.github.shardsum.ops;

import org.jspecify.annotations.NullMarked;
