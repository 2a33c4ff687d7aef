/** Tensors over the caller's memory: dtypes, shapes, strided views, routing tensors. */
@NullMarked
package io.github.shardsum.tensor;

import org.jspecify.annotations.NullMarked;
