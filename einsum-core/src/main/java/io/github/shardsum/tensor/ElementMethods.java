package io.github.shardsum.tensor;

import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.memory.Overlap;
import io.github.shardsum.internal.memory.StridedCopy;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The elements of a {@link Tensor}: copied, converted, read and written. Public for languages that
 * call by reflection; a program names the tensor.
 */
public sealed interface ElementMethods permits Tensor {
  /** {@return what {@link Tensor#dtype()} gives} */
  DType dtype();

  /** {@return what {@link Tensor#shape()} gives} */
  Shape shape();

  /** {@return what {@link Tensor#rank()} gives} */
  int rank();

  /**
   * See {@link Tensor#stride(int)}.
   *
   * @param axis an axis
   * @return its stride
   */
  long stride(int axis);

  /** {@return what {@link Tensor#strides()} gives} */
  long[] strides();

  /** {@return what {@link Tensor#segment()} gives} */
  MemorySegment segment();

  /** {@return what {@link Tensor#isContiguous()} gives} */
  boolean isContiguous();

  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * This tensor if it is contiguous, otherwise a copy on the heap in C order.
   *
   * @return a contiguous tensor of equal elements
   */
  default Tensor contiguous() {
    return isContiguous() ? self() : copy();
  }

  /**
   * A copy on the heap in C order.
   *
   * @return a fresh tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array; {@link
   *     Tensor#allocate} a tensor and {@link #assign} to it instead
   */
  default Tensor copy() {
    return convert(dtype());
  }

  /**
   * A copy on the heap in C order, converted to a dtype, in one rounding.
   *
   * <p>Floating point to an integer goes toward zero, saturates and takes NaN to 0; i64 to i32
   * keeps the lower 32 bits (both as a Java cast); anything to bool is "not zero", so NaN is true;
   * to a narrower floating-point type is rounded to nearest even.
   *
   * @param target the dtype of the copy
   * @return a fresh tensor
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  default Tensor convert(DType target) {
    Tensor result = Tensor.zeros(target, shape());
    StridedCopy.copy(self(), result);
    return result;
  }

  /**
   * Writes the elements of another tensor, converted as by {@link #convert convert}, into this one.
   *
   * @param source a tensor of the same shape; if the two overlap in memory the result is that of a
   *     copy made first, and a copy is made
   * @throws IllegalArgumentException if the shapes differ, this tensor's memory is read-only, or
   *     its indices share elements, as those of a broadcast view and of overlapping windows do;
   *     nothing is written then
   */
  default void assign(Tensor source) {
    if (!source.shape().equals(shape())) {
      throw new IllegalArgumentException(
          "assign: shape "
              + shape()
              + " is wanted, got "
              + source.shape()
              + "; use broadcastTo or reshape");
    }
    if (segment().isReadOnly()) {
      throw new IllegalArgumentException("assign: writable memory is wanted, got a read-only one");
    }
    refuseSharedElements();
    StridedCopy.copy(overlaps(source) ? source.copy() : source, self());
  }

  private void refuseSharedElements() {
    if (shape().elementCount() > 0 && Overlap.withItself(self())) {
      throw new IllegalArgumentException(
          "assign: an element for each index is wanted, got a view of shape "
              + shape()
              + " and strides "
              + Arrays.toString(strides())
              + ", whose indices share elements; assign to the tensor that it views");
    }
  }

  private boolean overlaps(Tensor other) {
    return shape().elementCount() > 0
        && touched(self()).asOverlappingSlice(touched(other)).isPresent();
  }

  /** The part of the segment from the lowest to the highest element of a non-empty tensor. */
  private static MemorySegment touched(Tensor tensor) {
    long[] range = Views.range(tensor.offset(), tensor.shape(), tensor.strides());
    long size = tensor.dtype().byteSize();
    return tensor.segment().asSlice(range[0] * size, (range[1] - range[0] + 1) * size);
  }

  /**
   * One element as f64.
   *
   * @param index one index an axis
   * @return the value; an i64 beyond 2^53 is rounded, a bool is 0 or 1
   * @throws IllegalArgumentException if the number of indices is not the rank
   * @throws IndexOutOfBoundsException if an index does not lie in its axis
   */
  default double getDouble(long... index) {
    double[] value = new double[1];
    Memory.of(self()).load(position(index), 1, 1, value, 0, 1);
    return value[0];
  }

  /**
   * One element as i64.
   *
   * @param index one index an axis
   * @return the value, converted as by {@link #convert}: a fraction is cut off
   * @throws IllegalArgumentException if the number of indices is not the rank
   * @throws IndexOutOfBoundsException if an index does not lie in its axis
   */
  default long getLong(long... index) {
    long[] value = new long[1];
    Memory.of(self()).load(position(index), 1, 1, value, 0, 1);
    return value[0];
  }

  /**
   * Writes one element.
   *
   * @param value the value, converted to the dtype as by {@link #convert}
   * @param index one index an axis
   * @throws IllegalArgumentException if the number of indices is not the rank, or the memory is
   *     read-only
   * @throws IndexOutOfBoundsException if an index does not lie in its axis
   */
  default void set(double value, long... index) {
    Memory.of(self()).store(position(index), 1, 1, new double[] {value}, 0, 1);
  }

  /**
   * Writes one element.
   *
   * @param value the value, converted to the dtype as by {@link #convert}
   * @param index one index an axis
   * @throws IllegalArgumentException if the number of indices is not the rank, or the memory is
   *     read-only
   * @throws IndexOutOfBoundsException if an index does not lie in its axis
   */
  default void set(long value, long... index) {
    Memory.of(self()).store(position(index), 1, 1, new long[] {value}, 0, 1);
  }

  private long position(long... index) {
    if (index.length != rank()) {
      throw new IllegalArgumentException(
          "index: one index an axis of " + shape() + " is wanted, got " + Arrays.toString(index));
    }
    long position = Memory.origin(self());
    for (int axis = 0; axis < index.length; axis++) {
      if (index[axis] < 0 || index[axis] >= shape().size(axis)) {
        throw new IndexOutOfBoundsException(
            "index: one inside shape " + shape() + " is wanted, got " + Arrays.toString(index));
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
  default float[] toFloatArray() {
    float[] values = new float[Views.arrayLength(shape())];
    StridedCopy.copy(self(), Tensor.of(values, shape().toArray()));
    return values;
  }

  /**
   * The elements in C order as f64, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  default double[] toDoubleArray() {
    double[] values = new double[Views.arrayLength(shape())];
    StridedCopy.copy(self(), Tensor.of(values, shape().toArray()));
    return values;
  }

  /**
   * The elements in C order as i64, converted as by {@link #convert}.
   *
   * @return a fresh array
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   */
  default long[] toLongArray() {
    long[] values = new long[Views.arrayLength(shape())];
    StridedCopy.copy(self(), Tensor.of(values, shape().toArray()));
    return values;
  }
}
