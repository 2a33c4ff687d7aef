/**
 * Arrow's vectors as tensors, and tensors as Arrow's vectors, over the same memory. The module
 * needs {@code --enable-native-access=io.github.shardsum.arrow}, and Arrow the flags that it names
 * itself.
 */
@NullMarked
package io.github.shardsum.arrow;

import org.jspecify.annotations.NullMarked;
