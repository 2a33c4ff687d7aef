package io.github.shardsum.arrow;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;

/**
 * A vector of Arrow as a tensor over the same buffer. The buffer stays allocated until this object
 * is closed, even if the vector is closed first. Later use of the tensor throws an {@link
 * IllegalStateException}; freed memory is never read. As thread-safe as the vector.
 */
public final class ArrowTensor implements AutoCloseable {
  private final Arena arena;
  private final ArrowBuf buffer;
  private final Tensor tensor;

  private ArrowTensor(Arena arena, ArrowBuf buffer, Tensor tensor) {
    this.arena = arena;
    this.buffer = buffer;
    this.tensor = tensor;
  }

  /**
   * The tensor over a vector's values.
   *
   * @param vector {@code Float4Vector}, {@code Float8Vector}, {@code IntVector} or {@code
   *     BigIntVector} of n values, or lists of them of a fixed size k, to any depth; without nulls
   * @return a tensor {@code [n]} or {@code [n, k, ...]} that aliases the values
   * @throws IllegalArgumentException if the vector has another type or nulls, or its buffer is
   *     shorter than its values
   */
  public static ArrowTensor of(ValueVector vector) {
    List<Long> sizes = new ArrayList<>(List.of((long) vector.getValueCount()));
    ValueVector values = vector;
    withoutNulls(values, values.getValueCount());
    while (values instanceof FixedSizeListVector lists) {
      sizes.add((long) lists.getListSize());
      values = lists.getDataVector();
      withoutNulls(values, count(sizes));
    }
    DType dtype = dtype(values);
    Shape shape = Shape.of(sizes.stream().mapToLong(size -> size).toArray());
    ArrowBuf buffer = values.getDataBuffer();
    long bytes = Math.multiplyExact(shape.elementCount(), dtype.byteSize());
    if (bytes > buffer.capacity()) {
      throw new IllegalArgumentException(
          "arrow: the buffer must have "
              + bytes
              + " bytes for "
              + dtype
              + shape
              + ", got "
              + buffer.capacity()
              + " of "
              + name(values));
    }
    return retained(buffer, bytes, dtype, shape);
  }

  /** The buffer is retained last, so that a failure changes nothing. */
  @SuppressWarnings({"restricted", "MustBeClosedChecker"})
  private static ArrowTensor retained(ArrowBuf buffer, long bytes, DType dtype, Shape shape) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment memory =
          MemorySegment.ofAddress(buffer.memoryAddress()).reinterpret(bytes, arena, null);
      Tensor tensor = Tensor.of(dtype, memory, shape.toArray());
      ArrowTensor shared = new ArrowTensor(arena, buffer, tensor);
      buffer.getReferenceManager().retain();
      return shared;
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * The tensor.
   *
   * @return a tensor over the vector's memory; writes to it change the vector
   */
  public Tensor tensor() {
    return tensor;
  }

  /**
   * Releases the buffer; closing again, also by another thread at the same time, does nothing.
   *
   * @throws IllegalStateException if the memory is being read
   */
  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      buffer.getReferenceManager().release();
    }
  }

  private static long count(List<Long> sizes) {
    return sizes.stream().reduce(1L, Math::multiplyExact);
  }

  private static void withoutNulls(ValueVector vector, long count) {
    // Arrow counts the nulls bit by bit, so the loop runs only if there are any.
    long last = vector.getNullCount() > 0 ? Math.min(count, vector.getValueCount()) : 0;
    for (int i = 0; i < last; i++) {
      if (vector.isNull(i)) {
        throw new IllegalArgumentException(
            "arrow: a vector must have no nulls, got one at position " + i + " of " + name(vector));
      }
    }
  }

  private static DType dtype(ValueVector values) {
    return switch (values) {
      case Float4Vector _ -> DType.F32;
      case Float8Vector _ -> DType.F64;
      case IntVector _ -> DType.I32;
      case BigIntVector _ -> DType.I64;
      default ->
          throw new IllegalArgumentException(
              "arrow: must be a vector of float, double, int or bigint, or of lists of a fixed"
                  + " size of these, got "
                  + name(values));
    };
  }

  private static String name(ValueVector vector) {
    return vector instanceof FieldVector named
        ? String.valueOf(named.getField())
        : vector.getMinorType().name();
  }
}
