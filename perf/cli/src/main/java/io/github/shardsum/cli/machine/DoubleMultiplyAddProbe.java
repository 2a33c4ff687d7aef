package io.github.shardsum.cli.machine;

/** {@link MultiplyAddProbe} in f64. */
final class DoubleMultiplyAddProbe {
  private static final int CHAIN = 16;
  private static final int ELEMENTS = 1024;
  private static final int SWEEPS = 1024;
  private static final double FACTOR = 0.999;
  private static final double SUMMAND = 0.001;

  /** FLOPs of one run. */
  static final double FLOPS = 2.0 * CHAIN * ELEMENTS * SWEEPS;

  private final double[] values = new double[ELEMENTS];
  private final boolean fused = MultiplyAddProbe.hasMultiplyAdd();

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

  private static void apart(double[] values, double a, double b) {
    for (int i = 0; i < values.length; i++) {
      double x = values[i];
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
