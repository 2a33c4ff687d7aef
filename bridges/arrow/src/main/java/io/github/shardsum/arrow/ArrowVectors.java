package io.github.shardsum.arrow;

import io.github.shardsum.tensor.Tensor;
import java.lang.ref.Reference;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/** Tensors as Arrow's vectors over the same memory. Thread-safe. */
public final class ArrowVectors {
  private ArrowVectors() {}

  /**
   * A vector over a tensor's memory: n values for a tensor {@code [n]}, n lists of k values for a
   * tensor {@code [n, k]}, and so on. The tensor stays reachable until Arrow releases the memory;
   * an arena that the caller can close must stay open until then.
   *
   * @param name the name of the vector's field
   * @param tensor f32, f64, i32 or i64, native or mapped, writable, in C order, of rank 1 at least;
   *     sizes after the first are at least 1
   * @param allocator the allocator whose budget counts the memory
   * @param released run once, when the last vector over the memory is closed
   * @return a vector that aliases the tensor; the caller closes it
   * @throws IllegalArgumentException if the tensor is of another kind
   * @throws IllegalStateException if the tensor's memory was freed
   * @throws WrongThreadException if the memory is confined to another thread
   */
  public static FieldVector over(
      String name, Tensor tensor, BufferAllocator allocator, Runnable released) {
    check(tensor);
    FieldVector vector = field(name, tensor, 0).createVector(allocator);
    ArrowBuf memory = memory(tensor, allocator, released);
    try (memory) {
      load(vector, tensor, allocator, memory);
    } catch (RuntimeException e) {
      vector.close();
      throw e;
    }
    return vector;
  }

  private static void load(
      FieldVector vector, Tensor tensor, BufferAllocator allocator, ArrowBuf memory) {
    FieldVector values = vector;
    long count = tensor.size(0);
    for (int axis = 1; axis < tensor.rank(); axis++) {
      // No validity buffer: no element is null.
      values.loadFieldBuffers(new ArrowFieldNode(count, 0), List.of(allocator.getEmpty()));
      values = ((FixedSizeListVector) values).getChildrenFromFields().getFirst();
      count *= tensor.size(axis);
    }
    values.loadFieldBuffers(new ArrowFieldNode(count, 0), List.of(allocator.getEmpty(), memory));
  }

  private static ArrowBuf memory(Tensor tensor, BufferAllocator allocator, Runnable released) {
    long bytes = tensor.shape().elementCount() * tensor.dtype().byteSize();
    long address = tensor.segment().address() + tensor.offset() * tensor.dtype().byteSize();
    ArrowBuf memory =
        allocator.wrapForeignAllocation(
            new ForeignAllocation(bytes, address) {
              @Override
              protected void release0() {
                try {
                  released.run();
                } finally {
                  Reference.reachabilityFence(tensor);
                }
              }
            });
    memory.writerIndex(bytes);
    return memory;
  }

  private static Field field(String name, Tensor tensor, int axis) {
    if (axis == tensor.rank() - 1) {
      return new Field(name, FieldType.notNullable(type(tensor)), null);
    }
    int size = Math.toIntExact(tensor.size(axis + 1));
    return new Field(
        name,
        FieldType.notNullable(new ArrowType.FixedSizeList(size)),
        List.of(field("item", tensor, axis + 1)));
  }

  private static ArrowType type(Tensor tensor) {
    return switch (tensor.dtype()) {
      case F32 -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
      case F64 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
      case I32 -> new ArrowType.Int(32, true);
      case I64 -> new ArrowType.Int(64, true);
      case BF16, BOOL ->
          throw new IllegalArgumentException(
              "arrow: must be f32, f64, i32 or i64, got " + tensor.description());
    };
  }

  private static void check(Tensor tensor) {
    tensor.checkAccessible("arrow");
    boolean fits = tensor.rank() > 0 && tensor.shape().elementCount() <= Integer.MAX_VALUE;
    for (int axis = 1; axis < tensor.rank(); axis++) {
      fits = fits && tensor.size(axis) > 0;
    }
    if (!fits || !tensor.isContiguous() || !tensor.segment().isNative()) {
      throw new IllegalArgumentException(
          "arrow: must be native or mapped, in C order, [n] or [n, k, ...] of at most 2^31 - 1"
              + " elements, got "
              + tensor.description());
    }
    if (tensor.segment().isReadOnly()) {
      throw new IllegalArgumentException(
          "arrow: must be writable, got read-only memory of " + tensor.description());
    }
  }
}
