package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The Java array under a segment. */
public final class HeapArrays {
  private HeapArrays() {}

  /**
   * The array. It must be writable and of the dtype's own type, and the segment must begin at an
   * element; otherwise the result is empty.
   */
  public static Optional<Object> of(DType dtype, MemorySegment segment) {
    if (segment.isNative() || segment.address() % dtype.byteSize() != 0) {
      return Optional.empty();
    }
    Optional<Object> array = segment.heapBase();
    return array.isPresent() && isOf(dtype, array.get()) ? array : Optional.empty();
  }

  private static boolean isOf(DType dtype, Object array) {
    return switch (dtype) {
      case F32 -> array instanceof float[];
      case F64 -> array instanceof double[];
      case BF16 -> array instanceof short[];
      case I32 -> array instanceof int[];
      case I64 -> array instanceof long[];
      case BOOL -> array instanceof byte[];
    };
  }
}
