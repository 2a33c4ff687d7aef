package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Offset, sizes and strides of a view without its memory, so that a view can be planned before its
 * memory exists.
 *
 * @param offset position of the first element
 * @param sizes size of each axis
 * @param strides stride of each axis, in elements
 */
public record LocalView(long offset, long[] sizes, long[] strides) {
  /** A view as a function of another. */
  public interface View extends UnaryOperator<LocalView> {
    /** The same view. */
    View SAME = x -> x;

    /** This view applied to the result of another view. */
    default View of(View inner) {
      return x -> apply(inner.apply(x));
    }
  }

  public static LocalView of(Shape shape) {
    return new LocalView(0, shape.toArray(), shape.rowMajorStrides());
  }

  public static LocalView of(Tensor tensor) {
    return new LocalView(tensor.offset(), tensor.shape().toArray(), tensor.strides());
  }

  public Tensor over(Tensor base) {
    return base.asStrided(offset, Shape.of(sizes), strides);
  }

  /** Elements from, from + step, ... of an axis. */
  public static View slice(int axis, long from, long step, long count) {
    return x -> {
      long[] sizes = x.sizes.clone();
      long[] strides = x.strides.clone();
      sizes[axis] = count;
      strides[axis] *= step;
      long start = count == 0 ? x.offset : x.offset + from * x.strides[axis];
      return new LocalView(start, sizes, strides);
    };
  }

  /** One index of the first axis, which is removed. */
  public static View select(long index) {
    return x ->
        new LocalView(
            x.offset + index * x.strides[0],
            Arrays.copyOfRange(x.sizes, 1, x.sizes.length),
            Arrays.copyOfRange(x.strides, 1, x.strides.length));
  }

  /** Splits an axis into several with the given sizes and multiples of its stride. */
  public static View windows(int axis, long count, long stride, long size, long dilation) {
    return x -> {
      long step = x.strides[axis];
      long[] sizes = insert(x.sizes, axis + 1, size);
      long[] strides = insert(x.strides, axis + 1, step * dilation);
      sizes[axis] = count;
      strides[axis] = step * stride;
      return new LocalView(x.offset, sizes, strides);
    };
  }

  private static long[] insert(long[] values, int at, long value) {
    long[] longer = new long[values.length + 1];
    System.arraycopy(values, 0, longer, 0, at);
    longer[at] = value;
    System.arraycopy(values, at, longer, at + 1, values.length - at);
    return longer;
  }

  /** An axis split into several. */
  public static View split(int axis, long[] into) {
    return x -> {
      int more = into.length - 1;
      long[] sizes = new long[x.sizes.length + more];
      long[] strides = new long[sizes.length];
      System.arraycopy(x.sizes, 0, sizes, 0, axis);
      System.arraycopy(x.strides, 0, strides, 0, axis);
      System.arraycopy(x.sizes, axis + 1, sizes, axis + into.length, x.sizes.length - axis - 1);
      System.arraycopy(x.strides, axis + 1, strides, axis + into.length, x.sizes.length - axis - 1);
      long stride = x.strides[axis];
      for (int i = into.length - 1; i >= 0; i--) {
        sizes[axis + i] = into[i];
        strides[axis + i] = stride;
        stride *= into[i];
      }
      return new LocalView(x.offset, sizes, strides);
    };
  }

  /** Whether neighbouring axes can be merged; the stride of an axis of size 1 is ignored. */
  public boolean merges(int axis, int count) {
    long expected = -1;
    for (int i = axis + count - 1; i >= axis; i--) {
      if (sizes[i] != 1) {
        if (expected >= 0 && strides[i] != expected) {
          return false;
        }
        expected = strides[i] * sizes[i];
      }
    }
    return true;
  }

  /** Neighbouring axes merged into one, if {@link #merges}. */
  public static View merge(int axis, int count) {
    return x -> {
      long size = 1;
      long stride = 1;
      for (int i = axis; i < axis + count; i++) {
        size *= x.sizes[i];
        stride = x.sizes[i] == 1 && i > axis ? stride : x.strides[i];
      }
      long[] sizes = new long[x.sizes.length - count + 1];
      long[] strides = new long[sizes.length];
      System.arraycopy(x.sizes, 0, sizes, 0, axis);
      System.arraycopy(x.strides, 0, strides, 0, axis);
      sizes[axis] = size;
      strides[axis] = stride;
      System.arraycopy(x.sizes, axis + count, sizes, axis + 1, sizes.length - axis - 1);
      System.arraycopy(x.strides, axis + count, strides, axis + 1, sizes.length - axis - 1);
      return new LocalView(x.offset, sizes, strides);
    };
  }

  /**
   * Axes rearranged: a step along a new axis is a step along several old axes at once.
   *
   * @param sizes sizes of the new axes
   * @param to the new axis of each old axis
   */
  public static View rearrange(long[] sizes, int[] to) {
    return x -> {
      long[] strides = new long[sizes.length];
      for (int axis = 0; axis < to.length; axis++) {
        strides[to[axis]] += x.strides[axis];
      }
      return new LocalView(x.offset, sizes.clone(), strides);
    };
  }
}
