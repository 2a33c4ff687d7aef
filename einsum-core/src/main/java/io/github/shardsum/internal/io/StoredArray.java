package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * An array with the properties in its header: its elements follow one another, in C or Fortran
 * order.
 */
public record StoredArray(StoredType type, ByteOrder order, Shape shape, boolean fortran) {
  /** Number of bytes decoded at once. */
  private static final int BLOCK = 1 << 16;

  /** Bytes of all elements, or empty if the number exceeds a long. */
  public static Optional<Long> byteSize(Shape shape, int elementSize) {
    return shape.elementCount() > Long.MAX_VALUE / elementSize
        ? Optional.empty()
        : Optional.of(shape.elementCount() * elementSize);
  }

  public long byteSize() {
    return shape.elementCount() * type.byteSize();
  }

  /** Whether a tensor can use the bytes of the file directly. */
  public boolean isMappable() {
    return type.isDType() && (order == ByteOrder.nativeOrder() || type.byteSize() == 1);
  }

  /** The array over its own bytes, without a copy. */
  public Tensor over(MemorySegment bytes) {
    return inOrder(Tensor.of(type.dtype(), bytes, stored().toArray()));
  }

  /** A copy on the heap of the array whose bytes come next. */
  public Tensor toHeap(ByteSource source, FileLocation place) throws IOException {
    if (shape.elementCount() > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          place + ": at most 2^31 - 9 elements fit on the heap, got " + shape + "; map it instead");
    }
    return decode(source, Tensor.zeros(type.dtype(), stored()));
  }

  /** A copy in an arena of the array whose bytes come next. */
  public Tensor toArena(ByteSource source, Arena arena) throws IOException {
    return decode(source, Tensor.allocate(arena, type.dtype(), stored()));
  }

  private Tensor decode(ByteSource source, Tensor target) throws IOException {
    long count = shape.elementCount();
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, byteSize()));
    MemorySegment from = MemorySegment.ofArray(block.array());
    for (long done = 0; done < count; ) {
      int n = (int) Math.min(BLOCK / type.byteSize(), count - done);
      source.read(block.clear().limit(n * type.byteSize()));
      type.decode(from, order, n, target.segment(), done);
      done += n;
    }
    return inOrder(target);
  }

  /** The shape in which the elements are in C order. */
  private Shape stored() {
    return fortran ? Shape.of(reversed(shape.toArray())) : shape;
  }

  private Tensor inOrder(Tensor stored) {
    return fortran ? stored.transpose() : stored;
  }

  private static long[] reversed(long[] sizes) {
    long[] result = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      result[i] = sizes[sizes.length - 1 - i];
    }
    return result;
  }
}
