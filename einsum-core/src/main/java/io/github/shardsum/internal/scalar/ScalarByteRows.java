package io.github.shardsum.internal.scalar;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.github.shardsum.internal.kernel.ByteRows;
import java.lang.foreign.MemorySegment;

/** The definition of the products. */
public final class ScalarByteRows implements ByteRows {
  /** An implementation without state. */
  public ScalarByteRows() {}

  @Override
  public void dots(
      byte[] x,
      int xAt,
      int rows,
      byte[] y,
      int yAt,
      int d,
      MemorySegment to,
      long toAt,
      long toStride) {
    for (int r = 0; r < rows; r++) {
      to.setAtIndex(JAVA_INT_UNALIGNED, toAt + r * toStride, dot(x, xAt + r * d, y, yAt, d));
    }
  }

  @Override
  public void widen(MemorySegment x, long xAt, float[] to, int toAt, int n) {
    for (int i = 0; i < n; i++) {
      to[toAt + i] = x.get(JAVA_BYTE, xAt + i);
    }
  }

  private static int dot(byte[] x, int xAt, byte[] y, int yAt, int d) {
    int sum = 0;
    for (int k = 0; k < d; k++) {
      sum += x[xAt + k] * y[yAt + k];
    }
    return sum;
  }
}
