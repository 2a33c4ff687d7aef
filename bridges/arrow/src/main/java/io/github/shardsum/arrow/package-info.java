/**
 * Arrow's vectors as tensors, and tensors as Arrow's vectors, over the same memory. The module
 * needs {@code --enable-native-access=io.github.shardsum.arrow}. Arrow needs flags of its own,
 * which its error messages name.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.arrow;

import org.jspecify.annotations.NullMarked;
