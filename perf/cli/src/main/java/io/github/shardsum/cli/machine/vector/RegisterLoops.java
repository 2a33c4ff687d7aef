package io.github.shardsum.cli.machine.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What C2's own vectors do not reach: chains of multiply-adds that never leave their registers, and
 * reading in several streams.
 */
public final class RegisterLoops {
  /** Two units of latency 4 want 8 at once; these leave room for the factors in 16 registers. */
  private static final int CHAINS = 12;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  private RegisterLoops() {}

  /** FLOPs of so many steps in f32. */
  public static double floatFlops(int steps) {
    return 2.0 * CHAINS * FLOATS.length() * steps;
  }

  /** FLOPs of so many steps in f64. */
  public static double doubleFlops(int steps) {
    return 2.0 * CHAINS * DOUBLES.length() * steps;
  }

  /** Steps of a multiply-add in each chain. */
  public static float floats(int steps, float factor, float summand) {
    FloatVector a = FloatVector.broadcast(FLOATS, factor);
    FloatVector b = FloatVector.broadcast(FLOATS, summand);
    FloatVector x0 = a;
    FloatVector x1 = a;
    FloatVector x2 = a;
    FloatVector x3 = a;
    FloatVector x4 = a;
    FloatVector x5 = a;
    FloatVector y0 = b;
    FloatVector y1 = b;
    FloatVector y2 = b;
    FloatVector y3 = b;
    FloatVector y4 = b;
    FloatVector y5 = b;
    for (int step = 0; step < steps; step++) {
      x0 = x0.fma(a, b);
      x1 = x1.fma(a, b);
      x2 = x2.fma(a, b);
      x3 = x3.fma(a, b);
      x4 = x4.fma(a, b);
      x5 = x5.fma(a, b);
      y0 = y0.fma(a, b);
      y1 = y1.fma(a, b);
      y2 = y2.fma(a, b);
      y3 = y3.fma(a, b);
      y4 = y4.fma(a, b);
      y5 = y5.fma(a, b);
    }
    FloatVector x = x0.add(x1).add(x2).add(x3).add(x4).add(x5);
    return x.add(y0).add(y1).add(y2).add(y3).add(y4).add(y5).lane(0);
  }

  /** The same in f64. */
  public static double doubles(int steps, double factor, double summand) {
    DoubleVector a = DoubleVector.broadcast(DOUBLES, factor);
    DoubleVector b = DoubleVector.broadcast(DOUBLES, summand);
    DoubleVector x0 = a;
    DoubleVector x1 = a;
    DoubleVector x2 = a;
    DoubleVector x3 = a;
    DoubleVector x4 = a;
    DoubleVector x5 = a;
    DoubleVector y0 = b;
    DoubleVector y1 = b;
    DoubleVector y2 = b;
    DoubleVector y3 = b;
    DoubleVector y4 = b;
    DoubleVector y5 = b;
    for (int step = 0; step < steps; step++) {
      x0 = x0.fma(a, b);
      x1 = x1.fma(a, b);
      x2 = x2.fma(a, b);
      x3 = x3.fma(a, b);
      x4 = x4.fma(a, b);
      x5 = x5.fma(a, b);
      y0 = y0.fma(a, b);
      y1 = y1.fma(a, b);
      y2 = y2.fma(a, b);
      y3 = y3.fma(a, b);
      y4 = y4.fma(a, b);
      y5 = y5.fma(a, b);
    }
    DoubleVector x = x0.add(x1).add(x2).add(x3).add(x4).add(x5);
    return x.add(y0).add(y1).add(y2).add(y3).add(y4).add(y5).lane(0);
  }

  /**
   * Reads a stretch in four streams, since a hardware prefetch stops at a page's end; up to 15
   * vectors at the end are left out.
   */
  public static int read(int[] values, int from, int to) {
    int lanes = INTS.length();
    int part = (to - from) / (8 * lanes) * (2 * lanes);
    IntVector x0 = IntVector.zero(INTS);
    IntVector x1 = x0;
    IntVector x2 = x0;
    IntVector x3 = x0;
    IntVector y0 = x0;
    IntVector y1 = x0;
    IntVector y2 = x0;
    IntVector y3 = x0;
    int second = from + part;
    int third = second + part;
    int fourth = third + part;
    for (int i = 0; i < part; i += 2 * lanes) {
      x0 = x0.add(IntVector.fromArray(INTS, values, from + i));
      y0 = y0.add(IntVector.fromArray(INTS, values, from + i + lanes));
      x1 = x1.add(IntVector.fromArray(INTS, values, second + i));
      y1 = y1.add(IntVector.fromArray(INTS, values, second + i + lanes));
      x2 = x2.add(IntVector.fromArray(INTS, values, third + i));
      y2 = y2.add(IntVector.fromArray(INTS, values, third + i + lanes));
      x3 = x3.add(IntVector.fromArray(INTS, values, fourth + i));
      y3 = y3.add(IntVector.fromArray(INTS, values, fourth + i + lanes));
    }
    return x0.add(x1).add(x2).add(x3).add(y0).add(y1).add(y2).add(y3).lane(0);
  }
}
