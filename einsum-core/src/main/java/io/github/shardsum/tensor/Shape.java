package io.github.shardsum.tensor;

import io.github.shardsum.internal.tensor.TensorViews;
import java.util.Arrays;
import java.util.Objects;
import java.util.StringJoiner;

/** Sizes of a tensor's axes, outermost first; an immutable value. A scalar has rank 0. */
public final class Shape {
  /**
   * The longest Java array of any JVM, and so the largest tensor on the heap: 2^31 - 9 elements.
   */
  public static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final long[] sizes;
  private final long elementCount;

  private Shape(long[] sizes) {
    this.sizes = sizes;
    this.elementCount = product(sizes);
  }

  /**
   * A shape of the given sizes.
   *
   * @param sizes the size of each axis, at least 0 each; copied
   * @return the shape
   * @throws IllegalArgumentException if a size is negative or there are 2^62 elements or more
   */
  public static Shape of(long... sizes) {
    return new Shape(Objects.requireNonNull(sizes, "sizes").clone());
  }

  private static long product(long[] sizes) {
    long count = 1;
    boolean empty = false;
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] < 0) {
        throw new IllegalArgumentException(
            "shape: expected sizes of at least 0, got "
                + sizes[axis]
                + " on axis "
                + axis
                + " of "
                + Arrays.toString(sizes));
      }
      empty |= sizes[axis] == 0;
    }
    if (empty) {
      return 0;
    }
    for (long size : sizes) {
      if (Math.multiplyHigh(count, size) != 0 || (count * size) >>> 62 != 0) {
        throw new IllegalArgumentException(
            "shape: expected fewer than 2^62 elements, got " + Arrays.toString(sizes));
      }
      count *= size;
    }
    return count;
  }

  /**
   * Number of axes.
   *
   * @return the rank, 0 for a scalar
   */
  public int rank() {
    return sizes.length;
  }

  /**
   * Size of one axis.
   *
   * @param axis the axis, in [-rank, rank); -1 is the last one
   * @return its size
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long size(int axis) {
    return sizes[TensorViews.axis("size", axis, sizes.length, this)];
  }

  /**
   * Number of elements: the product of the sizes, 1 for a scalar.
   *
   * @return the count
   */
  public long elementCount() {
    return elementCount;
  }

  /**
   * The sizes.
   *
   * @return a fresh array
   */
  public long[] toArray() {
    return sizes.clone();
  }

  /**
   * Strides, in elements, of a tensor of this shape in C order (the last axis is contiguous).
   *
   * @return a fresh array
   */
  public long[] rowMajorStrides() {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= Math.max(1, sizes[axis]);
    }
    return strides;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** The sizes in brackets, as in {@code [2, 3]}. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "[", "]");
    for (long size : sizes) {
      text.add(Long.toString(size));
    }
    return text.toString();
  }
}
