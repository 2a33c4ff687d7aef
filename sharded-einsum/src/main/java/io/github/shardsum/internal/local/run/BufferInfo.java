package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;

/**
 * A buffer: its contents, the steps during which it is held, and its place in the memory of its
 * dtype.
 *
 * @param dtype the elements' dtype
 * @param shape the buffer's shape
 * @param from the first step that touches the buffer
 * @param to the last step that touches the buffer
 * @param offset position of the first element, in elements
 */
public record BufferInfo(DType dtype, Shape shape, int from, int to, long offset) {
  public long bytes() {
    return shape.elementCount() * dtype.byteSize();
  }
}
