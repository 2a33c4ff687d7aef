package io.github.shardsum.tensor;

import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.memory.StridedCopy;
import io.github.shardsum.internal.tensor.HeapArrays;
import io.github.shardsum.internal.tensor.SliceNotation;
import io.github.shardsum.internal.tensor.TensorMemory;
import io.github.shardsum.internal.tensor.TensorOverlap;
import io.github.shardsum.internal.tensor.TensorText;
import io.github.shardsum.internal.tensor.TensorViews;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A dense n-dimensional array, equal only to itself: a dtype, a shape, strides and a {@link
 * MemorySegment} over the caller's memory. {@link io.github.shardsum.ops.Logic#arrayEqual} compares
 * elements.
 *
 * <p><b>Aliasing.</b> Nothing is copied on the way in or out unless a method says so: a tensor over
 * a {@code float[]} shows the caller's writes, and the array shows writes to the tensor and to its
 * views. The description (dtype, shape, strides) is immutable.
 *
 * <p><b>Lifetime.</b> Heap memory lives as long as the tensor. Native and mapped memory lives as
 * long as its {@link Arena}. Using a tensor after its arena was closed throws an {@link
 * IllegalStateException}; using a confined arena's tensor from another thread throws a {@link
 * WrongThreadException}. Neither crashes the JVM. The tensor does not close anything.
 *
 * <p><b>Threads.</b> Safe for concurrent reading; concurrent writes to the same elements are a data
 * race, which the caller must avoid.
 *
 * <p>Native and mapped memory is in the machine's byte order and may be unaligned.
 *
 * <p>A tensor of f32 may lie in {@link Blocks}. It is read-only, and every operation reads it as
 * any other tensor; only its memory is not one of elements.
 */
public final class Tensor implements Operand {
  /**
   * A thread that owns no memory, so it may access exactly the memory that every thread may access.
   * It is never started. It is a platform thread, because making a virtual one would load the
   * scheduler of virtual threads.
   */
  private static final Thread OTHER = new Thread(null, null, "owns no memory", 0, false);

  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final MemorySegment segment;
  private final long offset;
  private final Optional<Object> array;
  private final Optional<Blocks> blocks;
  private final Memory memory;

  private Tensor(DType dtype, Shape shape, long[] strides, MemorySegment segment, long offset) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.segment = segment;
    this.offset = start(shape, offset);
    this.array = HeapArrays.of(dtype, segment);
    this.blocks = Optional.empty();
    this.memory = Memory.of(dtype.valueLayout(), segment, array);
  }

  private Tensor(Blocks blocks, Shape shape) {
    this.dtype = DType.F32;
    this.shape = shape;
    this.strides = shape.rowMajorStrides();
    this.segment = blocks.bytes();
    this.offset = 0;
    this.array = Optional.empty();
    this.blocks = Optional.of(blocks);
    this.memory = TensorMemory.of(blocks);
  }

  private Tensor(Tensor viewed, Shape shape, long[] strides, long offset) {
    this.dtype = viewed.dtype;
    this.shape = shape;
    this.strides = strides;
    this.segment = viewed.segment;
    this.offset = start(shape, offset);
    this.array = viewed.array;
    this.blocks = viewed.blocks;
    this.memory = viewed.memory;
  }

  /**
   * Uses offset 0 for a view without elements, because its own offset might be outside the segment.
   */
  private static long start(Shape shape, long offset) {
    return shape.elementCount() == 0 ? 0 : offset;
  }

  /**
   * Elements of the memory under this tensor with other strides; a view.
   *
   * @param position of the first element in the memory, in elements
   * @param target the shape
   * @param steps distance between neighbours along each axis, in elements; may be 0 or negative
   * @return the view
   * @throws IllegalArgumentException if the number of strides is not the rank, or an element would
   *     be outside the memory
   */
  public Tensor asStrided(long position, Shape target, long... steps) {
    checkStrided(position, target, steps, room(), dtype);
    return view(target, steps.clone(), position);
  }

  private Tensor view(Shape target, long[] steps, long start) {
    return new Tensor(this, target, steps, start);
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
   * A matrix of f32 with the given rows, copied.
   *
   * @param rows the rows, all of one length
   * @return a fresh tensor of shape {@code [rows, columns]}
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static Tensor of(float[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    Tensor matrix = zeros(DType.F32, rows.length, columns);
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      matrix.memory.store((long) i * columns, 1, columns, rows[i], 0, 1);
    }
    return matrix;
  }

  /**
   * A matrix of f64 with the given rows, copied.
   *
   * @param rows the rows, all of one length
   * @return a fresh tensor of shape {@code [rows, columns]}
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static Tensor of(double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    Tensor matrix = zeros(DType.F64, rows.length, columns);
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      matrix.memory.store((long) i * columns, 1, columns, rows[i], 0, 1);
    }
    return matrix;
  }

  /**
   * A matrix of i32 with the given rows, copied.
   *
   * @param rows the rows, all of one length
   * @return a fresh tensor of shape {@code [rows, columns]}
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static Tensor of(int[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    int[] data = new int[Math.multiplyExact(rows.length, columns)];
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      System.arraycopy(rows[i], 0, data, i * columns, columns);
    }
    return of(data, rows.length, columns);
  }

  /**
   * A matrix of i64 with the given rows, copied.
   *
   * @param rows the rows, all of one length
   * @return a fresh tensor of shape {@code [rows, columns]}
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static Tensor of(long[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    long[] data = new long[Math.multiplyExact(rows.length, columns)];
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      System.arraycopy(rows[i], 0, data, i * columns, columns);
    }
    return of(data, rows.length, columns);
  }

  /**
   * A tensor of f32 of rank 3, copied.
   *
   * @param matrices the matrices, all of one shape
   * @return a fresh tensor of shape {@code [matrices, rows, columns]}
   * @throws IllegalArgumentException if the matrices differ in shape
   */
  public static Tensor of(float[][][] matrices) {
    Shape each = matrices.length == 0 ? Shape.of(0, 0) : of(matrices[0]).shape;
    Tensor whole = zeros(DType.F32, matrices.length, each.size(0), each.size(1));
    for (int i = 0; i < matrices.length; i++) {
      Tensor matrix = of(matrices[i]);
      if (!matrix.shape.equals(each)) {
        throw new IllegalArgumentException(
            "tensor: expected matrices of shape " + each + ", got " + matrix.shape + " at " + i);
      }
      whole.select(0, i).assign(matrix);
    }
    return whole;
  }

  /**
   * A tensor of f64 of rank 3, copied.
   *
   * @param matrices the matrices, all of one shape
   * @return a fresh tensor of shape {@code [matrices, rows, columns]}
   * @throws IllegalArgumentException if the matrices differ in shape
   */
  public static Tensor of(double[][][] matrices) {
    Shape each = matrices.length == 0 ? Shape.of(0, 0) : of(matrices[0]).shape;
    Tensor whole = zeros(DType.F64, matrices.length, each.size(0), each.size(1));
    for (int i = 0; i < matrices.length; i++) {
      Tensor matrix = of(matrices[i]);
      if (!matrix.shape.equals(each)) {
        throw new IllegalArgumentException(
            "tensor: expected matrices of shape " + each + ", got " + matrix.shape + " at " + i);
      }
      whole.select(0, i).assign(matrix);
    }
    return whole;
  }

  /**
   * As {@link #of(float[], long...)}, with dtype bool, copied.
   *
   * @param data the elements
   * @param shape the size of each axis
   * @return a fresh tensor
   * @throws IllegalArgumentException if the length does not match the shape
   */
  public static Tensor of(boolean[] data, long... shape) {
    byte[] bytes = new byte[data.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (data[i] ? 1 : 0);
    }
    return ofBool(bytes, shape);
  }

  /**
   * As {@link #of(FloatBuffer, long...)}, with dtype f64.
   *
   * @param data the elements from position to limit, in the machine's byte order
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException as {@link #of(FloatBuffer, long...)}
   */
  public static Tensor of(DoubleBuffer data, long... shape) {
    return buffer(DType.F64, data.order(), MemorySegment.ofBuffer(data), shape);
  }

  /**
   * As {@link #of(FloatBuffer, long...)}, with dtype i32.
   *
   * @param data the elements from position to limit, in the machine's byte order
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException as {@link #of(FloatBuffer, long...)}
   */
  public static Tensor of(IntBuffer data, long... shape) {
    return buffer(DType.I32, data.order(), MemorySegment.ofBuffer(data), shape);
  }

  /**
   * As {@link #of(FloatBuffer, long...)}, with dtype i64.
   *
   * @param data the elements from position to limit, in the machine's byte order
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException as {@link #of(FloatBuffer, long...)}
   */
  public static Tensor of(LongBuffer data, long... shape) {
    return buffer(DType.I64, data.order(), MemorySegment.ofBuffer(data), shape);
  }

  private static Tensor buffer(DType dtype, ByteOrder order, MemorySegment segment, long... shape) {
    if (order != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "tensor: expected a buffer in native order, got "
              + order
              + "; set ByteBuffer.order(ByteOrder.nativeOrder()) before the buffer is"
              + " viewed as another");
    }
    return whole(dtype, segment, Shape.of(shape));
  }

  private static void checkRow(int row, int length, int columns) {
    if (length != columns) {
      throw new IllegalArgumentException(
          "tensor: expected rows of " + columns + " elements, got " + length + " in row " + row);
    }
  }

  /**
   * As {@link #of(float[], long...)}, with dtype f64.
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
   * As {@link #of(float[], long...)}, with dtype i32.
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
   * As {@link #of(float[], long...)}, with dtype i64.
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
   * As {@link #of(float[], long...)}, with dtype bf16.
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
   * As {@link #of(float[], long...)}, with dtype bool.
   *
   * @param data one byte for each element; zero is false, any other value is true
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
   *     does not have the machine's byte order
   */
  public static Tensor of(FloatBuffer data, long... shape) {
    if (data.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "tensor: expected a buffer in native order, got "
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
              + " needs "
              + wanted
              + (wanted == 1 ? " element, got " : " elements, got ")
              + segment.byteSize() / dtype.byteSize()
              + " ("
              + segment.byteSize()
              + " bytes)"
              + (shape.rank() == 0 ? "; give the sizes after the data, as in of(data, 2, 3)" : ""));
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
   *     be outside the segment
   */
  public static Tensor ofStrided(
      DType dtype, MemorySegment segment, long offset, Shape shape, long... strides) {
    checkStrided(offset, shape, strides, segment.byteSize() / dtype.byteSize(), dtype);
    return new Tensor(dtype, shape, strides.clone(), segment, offset);
  }

  private static void checkStrided(
      long offset, Shape shape, long[] strides, long room, DType dtype) {
    if (strides.length != shape.rank()) {
      throw new IllegalArgumentException(
          "tensor: expected one stride for each axis, got "
              + Arrays.toString(strides)
              + " for shape "
              + shape);
    }
    if (shape.elementCount() > 0) {
      TensorViews.checkInside(offset, shape, strides, room, dtype);
    }
  }

  /**
   * A tensor of f32 over blocks, in C order; aliases them and is read-only.
   *
   * @param blocks the elements
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the number of elements does not match the shape
   */
  public static Tensor of(Blocks blocks, long... shape) {
    Shape sizes = Shape.of(shape);
    if (sizes.elementCount() != blocks.count()) {
      throw new IllegalArgumentException(
          "tensor: shape "
              + sizes
              + " in blocks of "
              + blocks.format()
              + " must have "
              + blocks.count()
              + " elements, got "
              + sizes.elementCount());
    }
    return new Tensor(blocks, sizes);
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
   * A fresh tensor of ones on the heap, in C order (NumPy's {@code np.ones}).
   *
   * @param dtype the element type
   * @param shape the size of each axis
   * @return the tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public static Tensor ones(DType dtype, long... shape) {
    return full(dtype, 1, shape);
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
   * @throws WrongThreadException if the arena is confined to another thread
   * @throws OutOfMemoryError if the machine does not have enough memory
   */
  public static Tensor allocate(Arena arena, DType dtype, Shape shape) {
    if (shape.elementCount() > Long.MAX_VALUE / dtype.byteSize()) {
      throw new IllegalArgumentException(
          "tensor: expected at most 2^63 - 1 bytes, got shape " + shape + " of " + dtype);
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
    one.memory.set(0, value);
    Tensor result = zeros(dtype, shape);
    copy(one.broadcastTo(result.shape), result);
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
  public int rank() {
    return shape.rank();
  }

  /**
   * Size of one axis.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return its size
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long size(int axis) {
    return shape.size(axis);
  }

  /**
   * Distance between neighbours along an axis.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return the stride in elements; 0 on a broadcast axis, negative on a reversed one
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long stride(int axis) {
    return strides[TensorViews.axis("stride", axis, strides.length, shape)];
  }

  /**
   * Distances between neighbours along each axis, in elements.
   *
   * @return a fresh array
   */
  public long[] strides() {
    return strides.clone();
  }

  /**
   * The whole memory under this tensor, which may be more than its elements.
   *
   * @return the segment, not a copy
   * @throws IllegalStateException if the elements are in {@link #blocks}
   */
  public MemorySegment segment() {
    if (blocks.isPresent()) {
      throw new IllegalStateException(
          "segment: memory must be elements of f32, got blocks of "
              + blocks.get().format()
              + "; copy() decodes them");
    }
    return segment;
  }

  /**
   * The blocks under this tensor, which may have more than its elements.
   *
   * @return the blocks, not a copy; empty for memory of elements
   */
  public Optional<Blocks> blocks() {
    return blocks;
  }

  /**
   * Whether the memory refuses writes.
   *
   * @return true for read-only segments, and for blocks
   */
  public boolean isReadOnly() {
    return blocks.isPresent() || segment.isReadOnly();
  }

  /** Elements of the memory under this tensor. */
  long room() {
    return blocks.map(Blocks::count).orElse(segment.byteSize() / dtype.byteSize());
  }

  /**
   * Position of the first element in {@link #segment()} or {@link #blocks()}.
   *
   * @return the position in elements
   */
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
   * Whether the elements are stored in C order without gaps (axes of size 1 do not matter).
   *
   * @return true if so; true for an empty tensor
   */
  public boolean isContiguous() {
    return TensorViews.isContiguous(shape, strides);
  }

  /**
   * Whether two indices may share an element in memory, as in a broadcast view. Such a tensor can
   * be read, but operations refuse to write into it.
   *
   * @return false if certainly no two indices share an element
   */
  public boolean overlapsItself() {
    return TensorOverlap.withItself(this);
  }

  /**
   * Whether this tensor may share an element with another.
   *
   * @param other any tensor
   * @return false if the two tensors certainly share no element, for example two column blocks of a
   *     matrix
   */
  public boolean overlaps(Tensor other) {
    return TensorOverlap.between(this, other);
  }

  /**
   * Whether the calling thread may access the memory.
   *
   * @return false if its arena was closed or is confined to another thread
   */
  public boolean isAccessible() {
    return segment.scope().isAlive() && segment.isAccessibleBy(Thread.currentThread());
  }

  /**
   * Refuses memory that the calling thread may not access.
   *
   * @param name the operation and its operand, for the message
   * @throws IllegalStateException if the memory's arena was closed
   * @throws WrongThreadException if the memory is confined to another thread
   */
  public void checkAccessible(String name) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException(name + ": expected live memory, got that of a closed arena");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          name
              + ": expected memory that this thread may access, got a confined arena of another"
              + " thread; use Arena.ofShared()");
    }
  }

  /**
   * Whether every thread may access the memory.
   *
   * @return false if it is confined to one thread
   */
  public boolean isShared() {
    return segment.isAccessibleBy(OTHER);
  }

  /** Position in {@link #memory} of the first element. */
  long origin() {
    return array.isPresent() ? arrayOffset() : offset;
  }

  Memory memory() {
    return memory;
  }

  private static void copy(Tensor source, Tensor target) {
    if (source.shape.elementCount() > 0) {
      StridedCopy.copy(source.shape.toArray(), source.side(), target.side());
    }
  }

  private StridedCopy.Side side() {
    return new StridedCopy.Side(memory, origin(), strides);
  }

  /**
   * A view with the axes in reverse order.
   *
   * @return the view
   */
  public Tensor transpose() {
    int[] axes = new int[rank()];
    Arrays.setAll(axes, i -> axes.length - 1 - i);
    return transpose(axes);
  }

  /**
   * A view with the axes in another order.
   *
   * @param axes for each axis of the view, the axis of this tensor, each once; -1 is the last one
   * @return the view
   * @throws IllegalArgumentException if the axes are not a permutation
   */
  public Tensor transpose(int... axes) {
    int[] order = TensorViews.permutation(axes, shape);
    long[] sizes = new long[order.length];
    long[] steps = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      sizes[i] = shape.size(order[i]);
      steps[i] = stride(order[i]);
    }
    return view(Shape.of(sizes), steps, offset);
  }

  /**
   * A view of the elements from, from + 1, ..., to - 1 of an axis.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @param from the first index, in [0, to]
   * @param to one past the last index, at most the size
   * @return the view
   * @throws IndexOutOfBoundsException if there is no such axis, or the range is not inside it
   */
  public Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /**
   * A view of the elements from, from + step, ... of an axis, up to {@code to}, exclusive.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @param from the first index
   * @param to the exclusive bound; with a negative step it is at most {@code from} and may be -1
   * @param step the distance, not 0; negative reverses
   * @return the view
   * @throws IndexOutOfBoundsException if there is no such axis, or the range is not inside it
   * @throws IllegalArgumentException if the step is 0
   */
  public Tensor slice(int axis, long from, long to, long step) {
    int number = TensorViews.axis("slice", axis, rank(), shape);
    long count = TensorViews.sliceCount(from, to, step, shape.size(number), number, shape);
    long[] sizes = shape.toArray();
    long[] steps = strides();
    sizes[number] = count;
    steps[number] = stride(number) * step;
    long start = count == 0 ? offset : offset + from * stride(number);
    return view(Shape.of(sizes), steps, start);
  }

  /**
   * A view by Python's notation, with one entry for each axis: {@code x[1:3, ::2, -1]} is {@code
   * x.slice("1:3, ::2, -1")}.
   *
   * <p>There are four kinds of entries. An index drops the axis. A range {@code from:to:step} is
   * clipped to the axis, and each of its parts is optional. {@code ...} means all axes in between
   * and may occur once. {@code newaxis} inserts an axis of size 1. A negative index counts from the
   * end. Axes without an entry are not cut.
   *
   * @param notation the entries, with commas between
   * @return the view
   * @throws IllegalArgumentException if the notation cannot be parsed or has too many entries
   * @throws IndexOutOfBoundsException if an index is not inside its axis
   */
  public Tensor slice(String notation) {
    return SliceNotation.apply(this, Objects.requireNonNull(notation, "notation"));
  }

  /**
   * A view with some axes in reverse (NumPy's {@code np.flip}).
   *
   * @param axes the axes; -1 is the last one; none reverses nothing
   * @return the view
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public Tensor flip(int... axes) {
    Tensor view = this;
    for (int axis : axes) {
      int number = TensorViews.axis("flip", axis, rank(), shape);
      view = view.slice(number, view.size(number) - 1, -1, -1);
    }
    return view;
  }

  /**
   * A view without the axes of size 1 (NumPy's {@code np.squeeze}).
   *
   * @return the view
   */
  public Tensor squeeze() {
    Tensor view = this;
    for (int axis = rank() - 1; axis >= 0; axis--) {
      view = size(axis) == 1 ? view.select(axis, 0) : view;
    }
    return view;
  }

  /**
   * A view without an axis of size 1 (NumPy's {@code np.squeeze}).
   *
   * @param axis the axis; -1 is the last one
   * @return the view, of rank one less
   * @throws IndexOutOfBoundsException if there is no such axis
   * @throws IllegalArgumentException if its size is not 1
   */
  public Tensor squeeze(int axis) {
    int number = TensorViews.axis("squeeze", axis, rank(), shape);
    if (size(number) != 1) {
      throw new IllegalArgumentException(
          "squeeze: expected an axis of size 1, got axis " + axis + " of " + description());
    }
    return select(number, 0);
  }

  /**
   * The elements in C order along one axis (NumPy's {@code np.ravel}).
   *
   * @return a view if the strides allow one, otherwise a copy on the heap
   */
  public Tensor flatten() {
    long[] sizes = {shape.elementCount()};
    return TensorViews.reshapeStrides(shape, strides, Shape.of(sizes)).isPresent()
        ? reshape(sizes)
        : copy().reshape(sizes);
  }

  /**
   * Views of equal parts along an axis (NumPy's {@code np.split}).
   *
   * @param axis the axis; -1 is the last one
   * @param parts the number of parts, a divisor of the axis' size
   * @return the views, in order
   * @throws IndexOutOfBoundsException if there is no such axis
   * @throws IllegalArgumentException if the size is not a multiple of the parts
   */
  public List<Tensor> split(int axis, int parts) {
    int number = TensorViews.axis("split", axis, rank(), shape);
    if (parts < 1 || size(number) % parts != 0) {
      throw new IllegalArgumentException(
          "split: expected a number of parts that divides size "
              + size(number)
              + " of axis "
              + axis
              + ", got "
              + parts);
    }
    long[] bounds = new long[parts - 1];
    Arrays.setAll(bounds, i -> (i + 1) * (size(number) / parts));
    return splitAt(number, bounds);
  }

  /**
   * Views of the parts between bounds along an axis (NumPy's {@code np.split} with indices).
   *
   * @param axis the axis; -1 is the last one
   * @param bounds the starts of all parts except the first, rising, in [0, size]
   * @return the views, in order, one more than there are bounds
   * @throws IndexOutOfBoundsException if there is no such axis, a bound is smaller than the one
   *     before it, or a bound is outside [0, size]
   */
  public List<Tensor> splitAt(int axis, long... bounds) {
    int number = TensorViews.axis("split", axis, rank(), shape);
    List<Tensor> parts = new ArrayList<>();
    long from = 0;
    for (long to : bounds) {
      parts.add(slice(number, from, to));
      from = to;
    }
    parts.add(slice(number, from, size(number)));
    return List.copyOf(parts);
  }

  /**
   * A view at one index of an axis, without that axis.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @param index the index, in [0, size)
   * @return the view, of rank one less
   * @throws IndexOutOfBoundsException if there is no such axis or index
   */
  public Tensor select(int axis, long index) {
    int number = TensorViews.axis("select", axis, rank(), shape);
    if (index < 0 || index >= shape.size(number)) {
      throw new IndexOutOfBoundsException(
          "select: expected an index in [0, "
              + shape.size(number)
              + ") of axis "
              + number
              + " of shape "
              + shape
              + ", got "
              + index);
    }
    return view(
        Shape.of(TensorViews.without(shape.toArray(), number)),
        TensorViews.without(strides(), number),
        offset + index * stride(number));
  }

  /**
   * A view of the diagonal of two axes, which replaces both and comes last.
   *
   * @param axis1 one axis, in [-rank, rank); -1 is the last one
   * @param axis2 another axis of the same size, in [-rank, rank)
   * @return the view, of rank one less
   * @throws IndexOutOfBoundsException if there is no such axis
   * @throws IllegalArgumentException if the axes are the same or of different sizes
   */
  public Tensor diagonal(int axis1, int axis2) {
    int first = TensorViews.axis("diagonal", axis1, rank(), shape);
    int second = TensorViews.axis("diagonal", axis2, rank(), shape);
    if (first == second || shape.size(first) != shape.size(second)) {
      throw new IllegalArgumentException(
          "diagonal: expected two different axes of equal size, got axes "
              + axis1
              + " and "
              + axis2
              + " of shape "
              + shape);
    }
    int low = Math.min(first, second);
    int high = Math.max(first, second);
    long[] sizes = TensorViews.without(TensorViews.without(shape.toArray(), high), low);
    long[] steps = TensorViews.without(TensorViews.without(strides(), high), low);
    sizes = Arrays.copyOf(sizes, sizes.length + 1);
    steps = Arrays.copyOf(steps, steps.length + 1);
    sizes[sizes.length - 1] = shape.size(first);
    steps[steps.length - 1] = stride(first) + stride(second);
    return view(Shape.of(sizes), steps, offset);
  }

  /**
   * A view with this tensor repeated along new leading axes and along axes of size 1 (NumPy's
   * broadcasting). Repeated elements are one element in memory, so the view is not for writing.
   *
   * @param target the new shape
   * @return the view
   * @throws IllegalArgumentException if the target has a lower rank, or if right-aligned sizes
   *     differ at an axis where this tensor's size is not 1
   */
  public Tensor broadcastTo(Shape target) {
    int added = target.rank() - rank();
    long[] steps = new long[target.rank()];
    for (int axis = target.rank() - 1; axis >= 0; axis--) {
      long size = axis < added ? 1 : shape.size(axis - added);
      if (added < 0 || (size != 1 && size != target.size(axis))) {
        throw new IllegalArgumentException(
            "broadcast: shape "
                + shape
                + " does not broadcast to "
                + target
                + "; axes are aligned from the right and must be equal or 1");
      }
      steps[axis] = size == 1 ? 0 : stride(axis - added);
    }
    if (added < 0) {
      throw new IllegalArgumentException(
          "broadcast: rank " + target.rank() + " is lower than that of " + shape);
    }
    return view(target, steps, offset);
  }

  /**
   * A view with another shape and the same number of elements.
   *
   * @param sizes the new sizes; one of them may be -1, and is then computed from the others
   * @return the view
   * @throws IllegalArgumentException if the counts differ, or the strides do not allow a view (copy
   *     with {@link #contiguous()} first)
   */
  public Tensor reshape(long... sizes) {
    Shape target = TensorViews.inferShape(shape, sizes);
    long[] steps =
        TensorViews.reshapeStrides(shape, strides(), target)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "reshape: a view of shape "
                            + shape
                            + ", strides "
                            + Arrays.toString(strides())
                            + " as "
                            + target
                            + " does not exist; call contiguous() first to copy"));
    return view(target, steps, offset);
  }

  /**
   * A view with a new axis of size 1 (NumPy's {@code np.expand_dims}).
   *
   * @param axis the position of the new axis in the view, in [-rank - 1, rank]; -1 is the last
   *     place
   * @return the view, of rank one more
   * @throws IndexOutOfBoundsException if the new axis cannot be at this position
   */
  public Tensor expand(int axis) {
    int number = TensorViews.axis("expand", axis, rank() + 1, shape);
    long[] sizes = new long[rank() + 1];
    long[] steps = new long[rank() + 1];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = i == number ? 1 : shape.size(i < number ? i : i - 1);
      steps[i] = i == number ? 0 : stride(i < number ? i : i - 1);
    }
    return view(Shape.of(sizes), steps, offset);
  }

  /**
   * This tensor if it is contiguous, otherwise a copy on the heap in C order.
   *
   * @return a contiguous tensor of equal elements
   */
  public Tensor contiguous() {
    return isContiguous() ? this : copy();
  }

  /**
   * A copy on the heap in C order.
   *
   * @return a fresh tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array; {@link
   *     #allocate} a tensor and {@link #assign} to it instead
   */
  public Tensor copy() {
    return convert(dtype);
  }

  /**
   * A copy on the heap in C order, converted to a dtype with one rounding.
   *
   * <p>A floating number becomes an integer by rounding toward zero and saturation, and NaN becomes
   * 0. i64 to i32 keeps the lower 32 bits. Both are as in a Java cast. A number becomes true unless
   * it is zero, so NaN is true. A conversion to a narrower floating-point type rounds to nearest
   * even.
   *
   * @param target the dtype of the copy
   * @return a fresh tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public Tensor convert(DType target) {
    Tensor result = Tensor.zeros(target, shape);
    copy(this, result);
    return result;
  }

  /**
   * Writes the elements of another tensor, converted as by {@link #convert}, into this one.
   *
   * @param source a tensor of the same shape. If the two overlap in memory, the source is copied
   *     first
   * @throws IllegalArgumentException if the shapes differ, this tensor's memory is read-only, or
   *     its indices share elements, as in a broadcast view or overlapping windows; nothing is
   *     written then
   */
  public void assign(Tensor source) {
    if (!source.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "assign: expected shape "
              + shape
              + ", got "
              + source.shape()
              + "; use broadcastTo or reshape");
    }
    if (isReadOnly()) {
      throw new IllegalArgumentException("assign: expected writable memory, got a read-only one");
    }
    if (overlapsItself()) {
      throw new IllegalArgumentException(
          "assign: expected an element for each index, got a view of shape "
              + shape
              + " and strides "
              + Arrays.toString(strides)
              + ", whose indices share elements; assign to the tensor that it views");
    }
    copy(overlaps(source) ? source.copy() : source, this);
  }

  /**
   * One element as f64.
   *
   * @param index one index for each axis
   * @return the value; an i64 above 2^53 is rounded, and a bool is 0 or 1
   * @throws IllegalArgumentException if the number of indices is not the rank
   * @throws IndexOutOfBoundsException if an index is not inside its axis
   */
  public double getDouble(long... index) {
    return memory.getDouble(position(index));
  }

  /**
   * One element as i64.
   *
   * @param index one index for each axis
   * @return the value, converted as by {@link #convert}: a fraction is cut off
   * @throws IllegalArgumentException if the number of indices is not the rank
   * @throws IndexOutOfBoundsException if an index is not inside its axis
   */
  public long getLong(long... index) {
    return memory.getLong(position(index));
  }

  /**
   * Writes one element.
   *
   * @param value the value, converted to the dtype as by {@link #convert}
   * @param index one index for each axis
   * @throws IllegalArgumentException if the number of indices is not the rank, or the memory is
   *     read-only
   * @throws IndexOutOfBoundsException if an index is not inside its axis
   */
  public void set(double value, long... index) {
    memory.set(position(index), value);
  }

  /**
   * Writes one element.
   *
   * @param value the value, converted to the dtype as by {@link #convert}
   * @param index one index for each axis
   * @throws IllegalArgumentException if the number of indices is not the rank, or the memory is
   *     read-only
   * @throws IndexOutOfBoundsException if an index is not inside its axis
   */
  public void set(long value, long... index) {
    memory.set(position(index), value);
  }

  private long position(long... index) {
    if (index.length != rank()) {
      throw new IllegalArgumentException(
          "index: expected one index for each axis of "
              + shape
              + ", got "
              + Arrays.toString(index));
    }
    long position = origin();
    for (int axis = 0; axis < index.length; axis++) {
      if (index[axis] < 0 || index[axis] >= shape.size(axis)) {
        throw new IndexOutOfBoundsException(
            "index: expected one inside shape " + shape + ", got " + Arrays.toString(index));
      }
      position += index[axis] * stride(axis);
    }
    return position;
  }

  /**
   * The elements in C order as f32, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public float[] toFloatArray() {
    float[] values = new float[TensorViews.arrayLength(shape)];
    copy(this, Tensor.of(values, shape.toArray()));
    return values;
  }

  /**
   * The elements in C order as f64, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public double[] toDoubleArray() {
    double[] values = new double[TensorViews.arrayLength(shape)];
    copy(this, Tensor.of(values, shape.toArray()));
    return values;
  }

  /**
   * The elements in C order as i64, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public long[] toLongArray() {
    long[] values = new long[TensorViews.arrayLength(shape)];
    copy(this, Tensor.of(values, shape.toArray()));
    return values;
  }

  /**
   * The elements in C order as i32, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public int[] toIntArray() {
    int[] values = new int[TensorViews.arrayLength(shape)];
    copy(this, Tensor.of(values, shape.toArray()));
    return values;
  }

  /**
   * The elements in C order, each true if it is not zero.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  public boolean[] toBooleanArray() {
    byte[] bytes = new byte[TensorViews.arrayLength(shape)];
    copy(this, Tensor.ofBool(bytes, shape.toArray()));
    boolean[] values = new boolean[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] != 0;
    }
    return values;
  }

  /**
   * The rows of a matrix as f32, converted as by {@link #convert}.
   *
   * @return an array of fresh rows
   * @throws IllegalArgumentException if the rank is not 2
   */
  public float[][] toFloatMatrix() {
    checkMatrix();
    float[][] rows = new float[Math.toIntExact(size(0))][];
    Arrays.setAll(rows, i -> select(0, i).toFloatArray());
    return rows;
  }

  /**
   * The rows of a matrix as f64, converted as by {@link #convert}.
   *
   * @return an array of fresh rows
   * @throws IllegalArgumentException if the rank is not 2
   */
  public double[][] toDoubleMatrix() {
    checkMatrix();
    double[][] rows = new double[Math.toIntExact(size(0))][];
    Arrays.setAll(rows, i -> select(0, i).toDoubleArray());
    return rows;
  }

  private void checkMatrix() {
    if (rank() != 2) {
      throw new IllegalArgumentException("rows: expected a matrix, got " + description());
    }
  }

  /**
   * The description of a tensor in messages: the dtype, the shape and, if the elements are not in C
   * order, the strides.
   *
   * @return the description, in one line
   */
  public String description() {
    return dtype + "" + shape + (isContiguous() ? "" : " strides " + Arrays.toString(strides));
  }

  /**
   * The dtype and shape, then the elements in nested brackets, as NumPy prints them. Of a tensor
   * with more than 1000 elements, only the edges are shown.
   */
  @Override
  public String toString() {
    boolean readable = segment.scope().isAlive() && segment.isAccessibleBy(Thread.currentThread());
    return readable
        ? TensorText.of(this, TextOptions.DEFAULTS)
        : description() + " in memory that this thread may not access";
  }

  /**
   * As {@link #toString()}, with options (NumPy's {@code np.array2string}).
   *
   * @param options the number of elements to show and their decimals
   * @return the text
   * @throws IllegalStateException if the memory's arena was closed
   * @throws WrongThreadException if the memory is confined to another thread
   */
  public String toString(TextOptions options) {
    Objects.requireNonNull(options, "options");
    checkAccessible("text");
    return TensorText.of(this, options);
  }
}
