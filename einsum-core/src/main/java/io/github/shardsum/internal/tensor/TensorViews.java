package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** The arithmetic of views: shapes and strides, no memory. */
public final class TensorViews {
  private TensorViews() {}

  /** Lowest and highest position that a strided tensor touches; overflow is an error. */
  public static long[] range(long offset, Shape shape, long[] strides) {
    long low = offset;
    long high = offset;
    try {
      for (int axis = 0; axis < strides.length; axis++) {
        long span = Math.multiplyExact(Math.max(0, shape.size(axis) - 1), strides[axis]);
        low = Math.addExact(low, Math.min(0, span));
        high = Math.addExact(high, Math.max(0, span));
      }
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "tensor: shape "
              + shape
              + " with strides "
              + Arrays.toString(strides)
              + " overflows 64-bit positions",
          overflow);
    }
    return new long[] {low, high};
  }

  /** Refuses a strided tensor that touches a position outside of [0, available). */
  public static void checkInside(
      long offset, Shape shape, long[] strides, long available, DType dtype) {
    long[] range = range(offset, shape, strides);
    if (range[0] < 0 || range[1] >= available) {
      throw new IllegalArgumentException(
          "tensor: shape "
              + shape
              + " with strides "
              + Arrays.toString(strides)
              + " at offset "
              + offset
              + " touches elements "
              + range[0]
              + " to "
              + range[1]
              + ", got a segment of "
              + available
              + " elements of "
              + dtype);
    }
  }

  public static boolean isContiguous(Shape shape, long[] strides) {
    long wanted = 1;
    if (shape.elementCount() == 0) {
      return true;
    }
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      if (shape.size(axis) != 1 && strides[axis] != wanted) {
        return false;
      }
      wanted *= shape.size(axis);
    }
    return true;
  }

  /** The axis counted from the front; the argument is in [-count, count). */
  public static int axis(String what, int axis, int count, Shape shape) {
    if (axis < -count || axis >= count) {
      throw new IndexOutOfBoundsException(
          what
              + ": expected an axis in ["
              + -count
              + ", "
              + count
              + ") for shape "
              + shape
              + ", got "
              + axis);
    }
    return axis < 0 ? axis + count : axis;
  }

  /** All axes of a shape in the given order, counted from the front. */
  public static int[] permutation(int[] axes, Shape shape) {
    Objects.requireNonNull(axes, "axes");
    int rank = shape.rank();
    int[] order = Arrays.stream(axes).map(axis -> axis < 0 ? axis + rank : axis).toArray();
    boolean[] seen = new boolean[rank];
    boolean good = order.length == rank;
    for (int axis : order) {
      good = good && axis >= 0 && axis < rank && !seen[axis];
      if (good) {
        seen[axis] = true;
      }
    }
    if (!good) {
      throw new IllegalArgumentException(
          "transpose: expected a permutation of the "
              + shape.rank()
              + " axes of "
              + shape
              + ", got "
              + Arrays.toString(axes));
    }
    return order;
  }

  public static long sliceCount(long from, long to, long step, long size, int axis, Shape shape) {
    if (step == 0) {
      throw new IllegalArgumentException("slice: expected a step other than 0, got 0");
    }
    boolean inside =
        step > 0 ? 0 <= from && from <= to && to <= size : -1 <= to && to <= from && from < size;
    if (!inside) {
      throw new IndexOutOfBoundsException(
          "slice: expected a range inside axis "
              + axis
              + " of shape "
              + shape
              + ", got from "
              + from
              + " to "
              + to
              + " step "
              + step);
    }
    return Math.ceilDiv(to - from, step);
  }

  public static long[] without(long[] values, int axis) {
    long[] rest = new long[values.length - 1];
    System.arraycopy(values, 0, rest, 0, axis);
    System.arraycopy(values, axis + 1, rest, axis, rest.length - axis);
    return rest;
  }

  public static int arrayLength(Shape shape) {
    if (shape.elementCount() > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          "tensor: at most 2^31 - 9 elements fit in a Java array, got shape " + shape);
    }
    return (int) shape.elementCount();
  }

  public static Shape inferShape(Shape from, long[] sizes) {
    long[] wanted = sizes.clone();
    int unknown = -1;
    long known = 1;
    for (int axis = 0; axis < wanted.length; axis++) {
      if (wanted[axis] == -1 && unknown < 0) {
        unknown = axis;
      } else {
        known *= wanted[axis];
      }
    }
    if (unknown >= 0 && known > 0) {
      wanted[unknown] = from.elementCount() / known;
    } else if (unknown >= 0) {
      throw new IllegalArgumentException(
          "reshape: the size of -1 cannot be derived from shape "
              + from
              + " and "
              + Arrays.toString(sizes));
    }
    Shape target = Shape.of(wanted);
    if (target.elementCount() != from.elementCount()) {
      throw new IllegalArgumentException(
          "reshape: expected "
              + from.elementCount()
              + " elements of "
              + from
              + ", got "
              + target.elementCount()
              + " of "
              + Arrays.toString(sizes));
    }
    return target;
  }

  /** Strides of the reshaped view, or empty if the shape needs a copy. */
  public static Optional<long[]> reshapeStrides(Shape from, long[] strides, Shape target) {
    long[] result = target.rowMajorStrides();
    if (from.elementCount() == 0) {
      return Optional.of(result);
    }
    int axis = 0;
    int made = 0;
    while (axis < from.rank() || made < target.rank()) {
      int axisEnd = axis;
      int madeEnd = made;
      long have = axisEnd < from.rank() ? from.size(axisEnd++) : 1;
      long want = madeEnd < target.rank() ? target.size(madeEnd++) : 1;
      while (have != want) {
        if (have < want) {
          have *= from.size(axisEnd++);
        } else {
          want *= target.size(madeEnd++);
        }
      }
      long step = mergedStride(from, strides, axis, axisEnd);
      if (step == Long.MIN_VALUE) {
        return Optional.empty();
      }
      for (int i = madeEnd - 1; i >= made; i--) {
        result[i] = step;
        step *= target.size(i);
      }
      axis = axisEnd;
      made = madeEnd;
    }
    return Optional.of(result);
  }

  /** Stride of the axes [from, to) seen as one, or MIN_VALUE if they do not merge. */
  private static long mergedStride(Shape shape, long[] strides, int from, int to) {
    long inner = 0;
    long count = 0;
    long extent = 1;
    for (int axis = to - 1; axis >= from; axis--) {
      if (shape.size(axis) == 1) {
        continue;
      }
      if (count == 0) {
        inner = strides[axis];
      } else if (strides[axis] != inner * extent) {
        return Long.MIN_VALUE;
      }
      count++;
      extent *= shape.size(axis);
    }
    return inner;
  }
}
