/** Operations on tensors that are no einsum: elementwise, reductions, softmax, order, movement. */
@NullMarked
package io.github.shardsum.kernel;

import org.jspecify.annotations.NullMarked;
