/**
 * Memory of other array libraries as tensors, and tensors as their memory, by the structs of <a
 * href="https://dmlc.github.io/dlpack/latest/">DLPack</a>. The module needs {@code
 * --enable-native-access=io.github.shardsum.dlpack}.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.dlpack;

import org.jspecify.annotations.NullMarked;
