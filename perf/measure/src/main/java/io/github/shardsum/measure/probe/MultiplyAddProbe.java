package io.github.shardsum.measure.probe;

import io.github.shardsum.measure.vector.RegisterLoops;
import io.github.shardsum.ops.KernelInfo;
import io.github.shardsum.tensor.DType;

/**
 * Executes multiply-adds at the highest rate of the units. With the Vector API they stay in
 * registers, and come within 2 % of C. Without it the JIT makes vectors of a loop in which each
 * element goes through a chain of multiply-adds; the chain is short, since a scheduler holds about
 * a hundred waiting instructions and only several chains at once keep two units busy. This reaches
 * nine tenths of the rate.
 */
public final class MultiplyAddProbe {
  private static final int CHAIN = 8;

  /** Bytes that fit in the first cache, which has 32 KiB or more. */
  private static final int BYTES = 28 << 10;

  private static final int SWEEPS = 256;
  private static final int STEPS = 40_000;
  private static final float FACTOR = 0.999f;
  private static final float SUMMAND = 0.001f;

  /** Without the instruction, Math.fma is big-decimal arithmetic, some hundred times slower. */
  private static final long SLOWEST_FMA_NANOS = 150;

  private static final int FMA_TRIES = 30;
  private static final int FMA_CALLS = 100;

  private final DType dtype;
  private final boolean vectors = KernelInfo.current().vectorBits() > 0;
  private final boolean fused = hasMultiplyAdd();
  private final float[] floats;
  private final double[] doubles;
  private volatile double result;

  /** A probe of one thread, for f32 or f64. */
  public MultiplyAddProbe(DType dtype) {
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("multiply-adds: expected f32 or f64, got " + dtype);
    }
    this.dtype = dtype;
    this.floats = new float[dtype == DType.F32 ? BYTES / Float.BYTES : 0];
    this.doubles = new double[dtype == DType.F64 ? BYTES / Double.BYTES : 0];
  }

  /** FLOPs of one run. */
  public double flops() {
    if (vectors) {
      return dtype == DType.F32
          ? RegisterLoops.floatFlops(STEPS)
          : RegisterLoops.doubleFlops(STEPS);
    }
    return 2.0 * CHAIN * SWEEPS * (floats.length + doubles.length);
  }

  /** One run, of a fraction of a millisecond. */
  public void run() {
    if (vectors) {
      result =
          dtype == DType.F32
              ? RegisterLoops.floats(STEPS, FACTOR, SUMMAND)
              : RegisterLoops.doubles(STEPS, FACTOR, SUMMAND);
      return;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      if (fused) {
        fused(floats, FACTOR, SUMMAND);
        fused(doubles, FACTOR, SUMMAND);
      } else {
        apart(floats, FACTOR, SUMMAND);
        apart(doubles, FACTOR, SUMMAND);
      }
    }
  }

  /** The result of the last run, so that the JIT cannot drop its computation. */
  public double result() {
    return result;
  }

  /** The fastest of several tries, since a thread may lose the processor in one of them. */
  private static boolean hasMultiplyAdd() {
    float x = 1;
    long fastest = Long.MAX_VALUE;
    for (int attempt = 0; attempt < FMA_TRIES; attempt++) {
      long begin = System.nanoTime();
      for (int i = 0; i < FMA_CALLS; i++) {
        x = Math.fma(x, FACTOR, SUMMAND);
      }
      fastest = Math.min(fastest, System.nanoTime() - begin);
    }
    return x > 0 && fastest < SLOWEST_FMA_NANOS * FMA_CALLS;
  }

  private static void fused(float[] values, float a, float b) {
    for (int i = 0; i < values.length; i++) {
      float x = values[i];
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      values[i] = x;
    }
  }

  private static void fused(double[] values, double a, double b) {
    for (int i = 0; i < values.length; i++) {
      double x = values[i];
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      values[i] = x;
    }
  }

  private static void apart(float[] values, float a, float b) {
    for (int i = 0; i < values.length; i++) {
      float x = values[i];
      x = (((x * a + b) * a + b) * a + b) * a + b;
      x = (((x * a + b) * a + b) * a + b) * a + b;
      values[i] = x;
    }
  }

  private static void apart(double[] values, double a, double b) {
    for (int i = 0; i < values.length; i++) {
      double x = values[i];
      x = (((x * a + b) * a + b) * a + b) * a + b;
      x = (((x * a + b) * a + b) * a + b) * a + b;
      values[i] = x;
    }
  }
}
