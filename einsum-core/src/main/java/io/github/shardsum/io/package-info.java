/**
 * Tensors in files: NumPy's {@code .npy} and {@code .npz}, safetensors, and GGUF.
 *
 * <p>A file is checked against its real size before anything is mapped or allocated, so a malformed
 * file causes a {@link io.github.shardsum.io.TensorFileException} and nothing else. Written files
 * appear whole or not at all. Nothing here ever evaluates or unpickles what a file holds.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.io;

import org.jspecify.annotations.NullMarked;
