/** Operations on tensors that are no einsum: elementwise, reductions, softmax, order, movement. */
@NullMarked
package io.github.shardsum.ops;

import org.jspecify.annotations.NullMarked;
