package io.github.shardsum.bench;

import static io.github.shardsum.measure.Texts.format;

import java.util.Random;

/** Operands and checks that the benchmarks share. */
public final class BenchmarkData {
  private static final long SEED = 1;
  private static final int HALF = 8;

  private BenchmarkData() {}

  /**
   * Integers from -8 to 7: their products and sums are exact in f32, so a result can be checked to
   * the bit.
   */
  public static float[] integers(int count) {
    Random random = new Random(SEED + count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(2 * HALF) - HALF;
    }
    return values;
  }

  /** Throws unless both are equal, so that a wrong result does not count as a fast one. */
  public static void check(String what, double expected, double actual, double error) {
    if (!(Math.abs(expected - actual) <= error)) {
      throw new IllegalStateException(format("%s: expected %s, got %s", what, expected, actual));
    }
  }
}
