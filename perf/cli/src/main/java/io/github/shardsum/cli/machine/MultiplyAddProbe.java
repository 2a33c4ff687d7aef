package io.github.shardsum.cli.machine;

/**
 * A loop of multiply-adds that the JIT keeps in vector registers: each element is loaded once, goes
 * through a chain of {@value #CHAIN} of them, and is stored once; the chains of neighbouring
 * elements overlap, so the units are kept busy without the Vector API.
 */
final class MultiplyAddProbe {
  private static final int CHAIN = 16;
  private static final int ELEMENTS = 2048;
  private static final int SWEEPS = 512;
  private static final float FACTOR = 0.999f;
  private static final float SUMMAND = 0.001f;

  /** Without the instruction, Math.fma is big-decimal arithmetic, some hundred times slower. */
  private static final long SLOWEST_FMA_NANOS = 150;

  private static final int FMA_TRIES = 30;
  private static final int FMA_CALLS = 100;

  /** FLOPs of one run. */
  static final double FLOPS = 2.0 * CHAIN * ELEMENTS * SWEEPS;

  private final float[] values = new float[ELEMENTS];
  private final boolean fused = hasMultiplyAdd();

  /** The fastest of several tries, since a thread may lose the processor in one of them. */
  static boolean hasMultiplyAdd() {
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

  /** One run, of a fraction of a millisecond. */
  void run() {
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      if (fused) {
        fused(values, FACTOR, SUMMAND);
      } else {
        apart(values, FACTOR, SUMMAND);
      }
    }
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
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      x = x * a + b;
      values[i] = x;
    }
  }
}
