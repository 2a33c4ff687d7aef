package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.tensor.TensorMemory;
import io.github.shardsum.tensor.Tensor;

/**
 * The location of a value when a step runs.
 *
 * @param memory the elements
 * @param origin position of the value's first element
 */
public record ArrayRef(Memory memory, long origin) {
  /** The reference to a tensor. */
  public static ArrayRef of(Tensor tensor) {
    return new ArrayRef(
        TensorMemory.of(tensor),
        tensor.array().isPresent() ? tensor.arrayOffset() : tensor.offset());
  }

  /** This reference, moved by a number of elements. */
  public ArrayRef plus(long elements) {
    return elements == 0 ? this : new ArrayRef(memory, origin + elements);
  }
}
