package io.github.shardsum.internal.kernel;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** Rows to try kernels on: lengths about every vector width, odd positions, ugly values. */
final class Rows {
  /** Elements before and after a row, which a kernel must leave alone. */
  static final int MARGIN = 5;

  private static final float[] UGLY = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    -0f,
    0f,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    88.8f,
    -103.9f
  };

  private Rows() {}

  /** 0 to 70, the neighbours of powers of two, and some above the block of a sum. */
  static int[] lengths() {
    return IntStream.concat(
            IntStream.rangeClosed(0, 70),
            IntStream.of(127, 128, 129, 130, 255, 257, 511, 512, 513, 527, 600, 1000, 1025, 2100))
        .toArray();
  }

  /** Values of many magnitudes. */
  static float[] floats(Random random, int n) {
    float[] values = new float[n + 2 * MARGIN];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(5) - 2));
    }
    return values;
  }

  /** Values of which about one in eight is ugly. */
  static float[] uglyFloats(Random random, int n) {
    float[] values = floats(random, n);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(8) == 0 ? UGLY[random.nextInt(UGLY.length)] : values[i];
    }
    return values;
  }

  static double[] doubles(Random random, float[] like) {
    double[] values = new double[like.length];
    Arrays.setAll(values, i -> like[i] + random.nextGaussian() * 1e-9);
    return values;
  }

  static long[] longs(Random random, int n) {
    return random.longs(n + 2L * MARGIN).map(x -> x >> random.nextInt(63)).toArray();
  }
}
