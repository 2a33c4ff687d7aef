package io.github.shardsum.internal.scalar;

import io.github.shardsum.internal.kernel.Bf16Bits;
import io.github.shardsum.internal.kernel.Bf16Rows;

/** The definition of the conversions. */
public final class ScalarBf16Rows implements Bf16Rows {
  /** An implementation without state. */
  public ScalarBf16Rows() {}

  @Override
  public void widen(short[] x, int xAt, float[] to, int toAt, int n) {
    for (int i = 0; i < n; i++) {
      to[toAt + i] = Bf16Bits.toFloat(x[xAt + i]);
    }
  }

  @Override
  public void narrow(float[] x, int xAt, short[] to, int toAt, int n) {
    for (int i = 0; i < n; i++) {
      to[toAt + i] = Bf16Bits.fromFloat(x[xAt + i]);
    }
  }
}
