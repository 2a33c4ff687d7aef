/** Views, text and overlap of tensors. */
@NullMarked
package io.github.shardsum.internal.tensor;

import org.jspecify.annotations.NullMarked;
