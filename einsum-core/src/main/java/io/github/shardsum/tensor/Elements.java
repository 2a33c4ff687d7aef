package io.github.shardsum.tensor;

import io.github.shardsum.internal.memory.Memory;

/**
 * Bulk access to the elements of a tensor. Runs of elements, one stride apart, are read into Java
 * arrays or written from them, with the conversions of {@link Tensor#convert}. A call allocates
 * nothing.
 *
 * <p>A position counts elements from the tensor's first one: that of index (i, j) is {@code i *
 * stride(0) + j * stride(1)}. A run must stay inside the tensor's {@linkplain Tensor#segment()
 * segment}; the caller is responsible for the indices that it covers. Immutable; the elements are
 * those of the tensor, with the same rules for threads.
 *
 * <pre>{@code
 * Elements elements = Elements.of(matrix);
 * float[] column = new float[rows];
 * elements.load(j * matrix.stride(1), matrix.stride(0), rows, column, 0);
 * }</pre>
 */
public final class Elements {
  private final Memory memory;
  private final long origin;
  private final long low;
  private final long high;

  private Elements(Memory memory, long origin, long low, long high) {
    this.memory = memory;
    this.origin = origin;
    this.low = low;
    this.high = high;
  }

  /**
   * The elements of a tensor.
   *
   * @param tensor the tensor
   * @return its elements, not a copy
   */
  public static Elements of(Tensor tensor) {
    long length = tensor.segment().byteSize() / tensor.dtype().byteSize();
    return new Elements(
        tensor.memory(), tensor.origin(), -tensor.offset(), length - tensor.offset());
  }

  /** The position in memory of the first element of a run; the whole run must be in the segment. */
  private long start(long at, long stride, int n) {
    long span = (n - 1) * stride;
    boolean overflows = Math.multiplyHigh(n - 1, stride) != span >> 63;
    long last = at + span;
    if (overflows || Math.min(at, last) < low || Math.max(at, last) >= high) {
      throw new IndexOutOfBoundsException(
          "elements: positions must be in ["
              + low
              + ", "
              + high
              + "), got "
              + n
              + " from "
              + at
              + " with stride "
              + stride);
    }
    return origin + at;
  }

  /**
   * Reads the elements at, at + stride, ... as f32.
   *
   * @param at position of the first element
   * @param stride distance between two of them, in elements; may be 0 or negative
   * @param n the number of elements
   * @param to receives them, one after another
   * @param toAt index of the first in {@code to}
   * @throws IndexOutOfBoundsException if an element is not inside the segment or {@code to}
   */
  public void load(long at, long stride, int n, float[] to, int toAt) {
    if (n > 0) {
      memory.load(start(at, stride, n), stride, n, to, toAt, 1);
    }
  }

  /**
   * As {@link #load(long, long, int, float[], int)}, as f64.
   *
   * @param at position of the first element
   * @param stride distance between two of them
   * @param n the number of elements
   * @param to receives them
   * @param toAt index of the first in {@code to}
   */
  public void load(long at, long stride, int n, double[] to, int toAt) {
    if (n > 0) {
      memory.load(start(at, stride, n), stride, n, to, toAt, 1);
    }
  }

  /**
   * As {@link #load(long, long, int, float[], int)}, as i64; a bool is 0 or 1.
   *
   * @param at position of the first element
   * @param stride distance between two of them
   * @param n the number of elements
   * @param to receives them
   * @param toAt index of the first in {@code to}
   */
  public void load(long at, long stride, int n, long[] to, int toAt) {
    if (n > 0) {
      memory.load(start(at, stride, n), stride, n, to, toAt, 1);
    }
  }

  /**
   * Writes the elements at, at + stride, ... from f32.
   *
   * @param at position of the first element
   * @param stride distance between two of them, in elements; may be negative
   * @param n the number of elements
   * @param from the values, one after another
   * @param fromAt index of the first in {@code from}
   * @throws IndexOutOfBoundsException if an element is not inside the segment or {@code from}
   * @throws IllegalArgumentException if the memory is read-only
   */
  public void store(long at, long stride, int n, float[] from, int fromAt) {
    if (n > 0) {
      memory.store(start(at, stride, n), stride, n, from, fromAt, 1);
    }
  }

  /**
   * As {@link #store(long, long, int, float[], int)}, from f64, each rounded once.
   *
   * @param at position of the first element
   * @param stride distance between two of them
   * @param n the number of elements
   * @param from the values
   * @param fromAt index of the first in {@code from}
   */
  public void store(long at, long stride, int n, double[] from, int fromAt) {
    if (n > 0) {
      memory.store(start(at, stride, n), stride, n, from, fromAt, 1);
    }
  }

  /**
   * As {@link #store(long, long, int, float[], int)}, from i64; i32 keeps the lower 32 bits.
   *
   * @param at position of the first element
   * @param stride distance between two of them
   * @param n the number of elements
   * @param from the values
   * @param fromAt index of the first in {@code from}
   */
  public void store(long at, long stride, int n, long[] from, int fromAt) {
    if (n > 0) {
      memory.store(start(at, stride, n), stride, n, from, fromAt, 1);
    }
  }

  /**
   * The element at a position as f64.
   *
   * @param at the position
   * @return the value
   * @throws IndexOutOfBoundsException if the position is not inside the segment
   */
  public double getDouble(long at) {
    return memory.getDouble(start(at, 0, 1));
  }

  /**
   * The element at a position as i64.
   *
   * @param at the position
   * @return the value
   * @throws IndexOutOfBoundsException if the position is not inside the segment
   */
  public long getLong(long at) {
    return memory.getLong(start(at, 0, 1));
  }

  /**
   * Writes the element at a position.
   *
   * @param at the position
   * @param value the value
   * @throws IndexOutOfBoundsException if the position is not inside the segment
   * @throws IllegalArgumentException if the memory is read-only
   */
  public void set(long at, double value) {
    memory.set(start(at, 0, 1), value);
  }

  /**
   * Writes the element at a position.
   *
   * @param at the position
   * @param value the value
   * @throws IndexOutOfBoundsException if the position is not inside the segment
   * @throws IllegalArgumentException if the memory is read-only
   */
  public void set(long at, long value) {
    memory.set(start(at, 0, 1), value);
  }
}
