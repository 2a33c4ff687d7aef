package io.github.shardsum.internal.kernel;

/** Conversions of contiguous rows between bf16 bits and f32; callers have checked all bounds. */
public interface Bf16Rows {
  /** to[i] = the f32 of the bits x[i]. */
  void widen(short[] x, int xAt, float[] to, int toAt, int n);

  /** to[i] = the bits of the bf16 nearest to x[i], by {@link Bf16Bits#fromFloat}. */
  void narrow(float[] x, int xAt, short[] to, int toAt, int n);
}
