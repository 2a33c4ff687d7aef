package io.github.shardsum.internal.contract;

import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.tensor.Tensor;

/**
 * Where a value lies when a step runs.
 *
 * @param memory the elements
 * @param origin position of the value's first element
 */
public record Slot(Memory memory, long origin) {
  /** The slot of a tensor. */
  public static Slot of(Tensor tensor) {
    return new Slot(Memory.of(tensor), Memory.origin(tensor));
  }

  /** The slot moved by a number of elements. */
  public Slot plus(long elements) {
    return elements == 0 ? this : new Slot(memory, origin + elements);
  }
}
