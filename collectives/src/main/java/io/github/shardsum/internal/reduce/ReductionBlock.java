package io.github.shardsum.internal.reduce;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Contiguous elements: those of a tensor in C order without gaps, or of a piece of a buffer. */
public final class ReductionBlock {
  private final Tensor tensor;
  private final Elements elements;
  private final long at;

  /** The Java array that holds them; where there is none, the segment. */
  private final Object array;

  private final long arrayAt;

  private ReductionBlock(Tensor tensor) {
    this.tensor = tensor;
    this.elements = Elements.of(tensor);
    this.at = tensor.offset() * tensor.dtype().byteSize();
    this.array = tensor.array().orElse(tensor.segment());
    this.arrayAt = tensor.array().isPresent() ? tensor.arrayOffset() : 0;
  }

  /** The elements of a tensor. */
  public static ReductionBlock of(Tensor tensor) {
    return new ReductionBlock(tensor);
  }

  /** A number of elements in native memory, from a byte offset on. */
  public static ReductionBlock in(MemorySegment segment, long at, DType dtype, long count) {
    return of(Tensor.of(dtype, segment.asSlice(at, count * dtype.byteSize()), count));
  }

  /** The type of the elements. */
  public DType dtype() {
    return tensor.dtype();
  }

  /** The memory. */
  public MemorySegment segment() {
    return tensor.segment();
  }

  /** Index of the elements' first byte in the memory. */
  public long at() {
    return at;
  }

  /** Whether another block has the same elements. */
  public boolean isSame(ReductionBlock other) {
    return at == other.at && segment().equals(other.segment());
  }

  /** A range of their bytes, if it is in native memory. */
  public Optional<MemorySegment> inNativeMemory(long from, long bytes) {
    return segment().isNative()
        ? Optional.of(segment().asSlice(at + from, bytes))
        : Optional.empty();
  }

  Object array() {
    return array;
  }

  /** The index of an element in the array. */
  int arrayIndex(long index) {
    return (int) (arrayAt + index);
  }

  /** The elements for bulk access, by positions from the first one on. */
  Elements elements() {
    return elements;
  }
}
