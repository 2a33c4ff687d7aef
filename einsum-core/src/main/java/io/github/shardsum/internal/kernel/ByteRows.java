package io.github.shardsum.internal.kernel;

import java.lang.foreign.MemorySegment;

/** Products of rows of bytes, summed in i32; callers have checked all bounds. */
public interface ByteRows {
  /**
   * to[toAt + r * toStride] = sum over k of x[xAt + r * d + k] * y[yAt + k], for each of the rows
   * r.
   *
   * @param xAt the first byte of the first row
   * @param rows number of rows
   * @param yAt the first byte of the other row
   * @param d the length of a row
   * @param to i32
   * @param toAt the index of the first sum
   * @param toStride the step between sums
   */
  void dots(
      byte[] x,
      int xAt,
      int rows,
      byte[] y,
      int yAt,
      int d,
      MemorySegment to,
      long toAt,
      long toStride);

  /**
   * to[toAt + i] = x[xAt + i], for n elements.
   *
   * @param x bytes
   * @param xAt the first byte
   * @param to f32
   * @param toAt the index of the first
   * @param n number of elements
   */
  void widen(MemorySegment x, long xAt, float[] to, int toAt, int n);
}
