/**
 * Tensors over the caller's memory: dtypes, shapes, strided views, routing tensors.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.tensor;

import org.jspecify.annotations.NullMarked;
