package io.github.shardsum.measure.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The dot product that a program writes with the Vector API: four sums, then a scalar loop for the
 * rest.
 */
public final class DotLoop {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int STEP = 4 * LANES;

  private DotLoop() {}

  /** The sum of x[xAt + i] * y[yAt + i], for n elements. */
  public static float dot(float[] x, int xAt, float[] y, int yAt, int n) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int i = 0;
    for (; i <= n - STEP; i += STEP) {
      sum0 = product(x, xAt + i, y, yAt + i, sum0);
      sum1 = product(x, xAt + i + LANES, y, yAt + i + LANES, sum1);
      sum2 = product(x, xAt + i + 2 * LANES, y, yAt + i + 2 * LANES, sum2);
      sum3 = product(x, xAt + i + 3 * LANES, y, yAt + i + 3 * LANES, sum3);
    }
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector halves = zero.add(sum0).add(sum1).add(zero.add(sum2).add(sum3));
    float sum = halves.reduceLanes(VectorOperators.ADD);
    for (; i < n; i++) {
      sum = Math.fma(x[xAt + i], y[yAt + i], sum);
    }
    return sum;
  }

  private static FloatVector product(float[] x, int xAt, float[] y, int yAt, FloatVector sum) {
    return FloatVector.fromArray(FLOATS, x, xAt).fma(FloatVector.fromArray(FLOATS, y, yAt), sum);
  }
}
