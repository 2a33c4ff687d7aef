package io.github.shardsum.tensor;

import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.memory.Overlap;
import io.github.shardsum.internal.memory.StridedCopy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * A dense n-dimensional array: a dtype, a shape, strides and a {@link MemorySegment} over the
 * caller's memory.
 *
 * <p><b>Aliasing.</b> Nothing is copied on the way in or out unless a method says so: a tensor over
 * a {@code float[]} sees what the caller writes there, and the other way round; so do all views.
 * The description (dtype, shape, strides) is immutable.
 *
 * <p><b>Lifetime.</b> Heap memory lives as long as the tensor. Native and mapped memory lives as
 * long as its {@link Arena}; using a tensor after its arena was closed, or a confined arena's
 * tensor from another thread, is an {@link IllegalStateException} or {@link WrongThreadException},
 * never a crash. The tensor does not close anything.
 *
 * <p><b>Threads.</b> Safe for concurrent reading; concurrent writing of the same elements is a data
 * race of the caller's.
 *
 * <p>Native and mapped memory is in the machine's byte order and may be unaligned.
 */
public final class Tensor implements Operand, ViewMethods, ElementMethods {
  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final MemorySegment segment;
  private final long offset;
  private final Optional<Object> array;

  private Tensor(DType dtype, Shape shape, long[] strides, MemorySegment segment, long offset) {
    this(dtype, shape, strides, segment, offset, HeapArrays.of(dtype, segment));
  }

  private Tensor(
      DType dtype,
      Shape shape,
      long[] strides,
      MemorySegment segment,
      long offset,
      Optional<Object> array) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.segment = segment;
    // Views of nothing would move the offset out of the segment, where no slice of it exists.
    this.offset = shape.elementCount() == 0 ? 0 : offset;
    this.array = array;
  }

  Tensor view(Shape target, long[] steps, long start) {
    return new Tensor(dtype, target, steps, segment, start, array);
  }

  /**
   * A tensor over an f32 array, in C order; aliases the array.
   *
   * @param data the elements; its length is the shape's element count
   * @param shape the size of each axis; none for a scalar
   * @return the tensor
   * @throws IllegalArgumentException if the length does not match the shape
   */
  public static Tensor of(float[] data, long... shape) {
    return whole(
        DType.F32, MemorySegment.ofArray(Objects.requireNonNull(data, "data")), Shape.of(shape));
  }

  /**
   * As {@link #of(float[], long...)}, of dtype f64.
   *
   * @param data the elements
   * @param shape the size of each axis
   * @return the tensor
   */
  public static Tensor of(double[] data, long... shape) {
    return whole(
        DType.F64, MemorySegment.ofArray(Objects.requireNonNull(data, "data")), Shape.of(shape));
  }

  /**
   * As {@link #of(float[], long...)}, of dtype i32.
   *
   * @param data the elements
   * @param shape the size of each axis
   * @return the tensor
   */
  public static Tensor of(int[] data, long... shape) {
    return whole(
        DType.I32, MemorySegment.ofArray(Objects.requireNonNull(data, "data")), Shape.of(shape));
  }

  /**
   * As {@link #of(float[], long...)}, of dtype i64.
   *
   * @param data the elements
   * @param shape the size of each axis
   * @return the tensor
   */
  public static Tensor of(long[] data, long... shape) {
    return whole(
        DType.I64, MemorySegment.ofArray(Objects.requireNonNull(data, "data")), Shape.of(shape));
  }

  /**
   * As {@link #of(float[], long...)}, of dtype bf16.
   *
   * @param bits the 16 bits of each element, see {@link Bf16}
   * @param shape the size of each axis
   * @return the tensor
   */
  public static Tensor ofBf16(short[] bits, long... shape) {
    return whole(
        DType.BF16, MemorySegment.ofArray(Objects.requireNonNull(bits, "bits")), Shape.of(shape));
  }

  /**
   * As {@link #of(float[], long...)}, of dtype bool.
   *
   * @param data one byte an element; zero is false, anything else true
   * @param shape the size of each axis
   * @return the tensor
   */
  public static Tensor ofBool(byte[] data, long... shape) {
    return whole(
        DType.BOOL, MemorySegment.ofArray(Objects.requireNonNull(data, "data")), Shape.of(shape));
  }

  /**
   * A tensor over the remaining elements of a buffer, in C order; aliases its memory.
   *
   * @param data the elements from position to limit, in the machine's byte order
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the remaining count does not match the shape, or the buffer
   *     is of the foreign byte order
   */
  public static Tensor of(FloatBuffer data, long... shape) {
    if (data.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "tensor: a buffer in native order is wanted, got "
              + data.order()
              + "; set ByteBuffer.order(ByteOrder.nativeOrder()) before asFloatBuffer()");
    }
    return whole(DType.F32, MemorySegment.ofBuffer(data), Shape.of(shape));
  }

  /**
   * A tensor over a segment (heap, native or mapped), in C order; aliases it.
   *
   * @param dtype the element type
   * @param segment the elements, in the machine's byte order, any alignment
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the segment's size does not match the shape
   */
  public static Tensor of(DType dtype, MemorySegment segment, long... shape) {
    return whole(dtype, segment, Shape.of(shape));
  }

  private static Tensor whole(DType dtype, MemorySegment segment, Shape shape) {
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(segment, "segment");
    long wanted = shape.elementCount();
    if (segment.byteSize() % dtype.byteSize() != 0
        || segment.byteSize() / dtype.byteSize() != wanted) {
      throw new IllegalArgumentException(
          "tensor: shape "
              + shape
              + " of "
              + dtype
              + " wants "
              + wanted
              + " elements, got "
              + segment.byteSize() / dtype.byteSize()
              + " ("
              + segment.byteSize()
              + " bytes)");
    }
    return new Tensor(dtype, shape, shape.rowMajorStrides(), segment, 0);
  }

  /**
   * A tensor over part of a segment with any strides; aliases it.
   *
   * @param dtype the element type
   * @param segment the memory
   * @param offset position of the first element in the segment, in elements
   * @param shape the shape
   * @param strides distance between neighbours along each axis, in elements; may be 0 or negative
   * @return the tensor
   * @throws IllegalArgumentException if the number of strides is not the rank, or an element would
   *     lie outside the segment
   */
  public static Tensor ofStrided(
      DType dtype, MemorySegment segment, long offset, Shape shape, long... strides) {
    if (strides.length != shape.rank()) {
      throw new IllegalArgumentException(
          "tensor: one stride an axis is wanted, got "
              + Arrays.toString(strides)
              + " for shape "
              + shape);
    }
    if (shape.elementCount() > 0) {
      Views.checkInside(offset, shape, strides, segment.byteSize() / dtype.byteSize(), dtype);
    }
    return new Tensor(dtype, shape, strides.clone(), segment, offset);
  }

  /**
   * A rank-0 tensor that holds one value.
   *
   * @param dtype the element type
   * @param value the value, converted to the dtype as by {@link #convert}
   * @return a fresh tensor
   */
  public static Tensor scalar(DType dtype, double value) {
    return full(dtype, value);
  }

  /**
   * A fresh tensor of zeros on the heap, in C order.
   *
   * @param dtype the element type
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array (use {@link
   *     #allocate} with an arena instead)
   */
  public static Tensor zeros(DType dtype, long... shape) {
    return zeros(dtype, Shape.of(shape));
  }

  /**
   * As {@link #zeros(DType, long...)}.
   *
   * @param dtype the element type
   * @param shape the shape
   * @return the tensor
   * @throws IllegalArgumentException as {@link #zeros(DType, long...)}
   */
  public static Tensor zeros(DType dtype, Shape shape) {
    long count = shape.elementCount();
    if (count > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          "tensor: at most 2^31 - 9 elements fit in a Java array, got shape "
              + shape
              + "; use Tensor.allocate(Arena, ...)");
    }
    int n = (int) count;
    MemorySegment segment =
        switch (dtype) {
          case F32 -> MemorySegment.ofArray(new float[n]);
          case F64 -> MemorySegment.ofArray(new double[n]);
          case BF16 -> MemorySegment.ofArray(new short[n]);
          case I32 -> MemorySegment.ofArray(new int[n]);
          case I64 -> MemorySegment.ofArray(new long[n]);
          case BOOL -> MemorySegment.ofArray(new byte[n]);
        };
    return whole(dtype, segment, shape);
  }

  /**
   * A fresh tensor of zeros in native memory, in C order, aligned to 64 bytes.
   *
   * @param arena owns the memory; its kind decides which threads may use the tensor
   * @param dtype the element type
   * @param shape the shape
   * @return the tensor
   * @throws IllegalArgumentException if its bytes exceed 2^63 - 1
   * @throws IllegalStateException if the arena was closed
   * @throws WrongThreadException if it is another thread's confined one
   * @throws OutOfMemoryError if the machine has not that much memory
   */
  public static Tensor allocate(Arena arena, DType dtype, Shape shape) {
    if (shape.elementCount() > Long.MAX_VALUE / dtype.byteSize()) {
      throw new IllegalArgumentException(
          "tensor: at most 2^63 - 1 bytes are wanted, got shape " + shape + " of " + dtype);
    }
    return whole(dtype, arena.allocate(shape.elementCount() * dtype.byteSize(), 64), shape);
  }

  /**
   * A fresh tensor on the heap whose elements all have one value.
   *
   * @param dtype the element type
   * @param value the value, converted to the dtype as by {@link #convert}
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public static Tensor full(DType dtype, double value, long... shape) {
    Tensor one = zeros(dtype);
    Memory.of(one).store(0, 1, 1, new double[] {value}, 0, 1);
    Tensor result = zeros(dtype, shape);
    StridedCopy.copy(one.broadcastTo(result.shape), result);
    return result;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  /**
   * Number of axes.
   *
   * @return the rank
   */
  @Override
  public int rank() {
    return shape.rank();
  }

  /**
   * Size of one axis.
   *
   * @param axis the axis, in [0, rank)
   * @return its size
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long size(int axis) {
    return shape.size(axis);
  }

  /**
   * Distance between neighbours along an axis.
   *
   * @param axis the axis, in [0, rank)
   * @return the stride in elements; 0 on a broadcast axis, negative on a reversed one
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  @Override
  public long stride(int axis) {
    Views.checkAxis("stride", axis, strides.length, shape);
    return strides[axis];
  }

  /**
   * Distances between neighbours along each axis, in elements.
   *
   * @return a fresh array
   */
  @Override
  public long[] strides() {
    return strides.clone();
  }

  /**
   * The memory under this tensor; all of it, which may be more than the tensor's elements.
   *
   * @return the segment, not a copy
   */
  @Override
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Position of the first element in {@link #segment()}.
   *
   * @return the position in elements
   */
  @Override
  public long offset() {
    return offset;
  }

  /**
   * The Java array under this tensor: {@code float[]} for f32, {@code double[]} for f64, {@code
   * short[]} for bf16, {@code int[]} for i32, {@code long[]} for i64, {@code byte[]} for bool.
   *
   * @return the array, not a copy; empty for native, mapped and read-only memory, and for memory
   *     over an array of another type
   */
  public Optional<Object> array() {
    return array;
  }

  /**
   * Position of the first element in {@link #array()}.
   *
   * @return the position in elements; meaningless without an array
   */
  public long arrayOffset() {
    return offset + segment.address() / dtype.byteSize();
  }

  /**
   * Whether the elements lie in C order without gaps (axes of size 1 do not matter).
   *
   * @return true if so; true for an empty tensor
   */
  @Override
  public boolean isContiguous() {
    return Views.isContiguous(shape, strides);
  }

  /**
   * Whether two indices may be one element, as in a broadcast view; such a tensor can be read but
   * is refused as a result.
   *
   * @return false if all elements are surely apart
   */
  public boolean overlapsItself() {
    return Overlap.withItself(this);
  }

  /** The dtype, the shape and, where the elements are not in C order, the strides. */
  @Override
  public String toString() {
    return dtype + "" + shape + (isContiguous() ? "" : " strides " + Arrays.toString(strides));
  }
}
