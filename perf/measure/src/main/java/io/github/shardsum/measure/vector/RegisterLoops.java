package io.github.shardsum.measure.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops that C2's own vectorization does not reach: chains of multiply-adds that never leave their
 * registers, and reads in several streams.
 *
 * <p>A variable that a loop carries is never the receiver of a call: without a profile C2 would not
 * know its class, and would keep it as an object.
 *
 * <p>A chain of multiply-adds carries its sum, into which the instruction adds. If the sum were a
 * factor instead, C2 would copy the summand in every step. With 16 registers none is left for the
 * copy, and the loop reaches 0.89 of the peak.
 */
public final class RegisterLoops {
  /** Two units of latency 4 need 8 chains; 8 leave room for the factors in 16 registers. */
  private static final int CHAINS = 12;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  private RegisterLoops() {}

  /** FLOPs of this many steps in f32. */
  public static double floatFlops(int steps) {
    return 2.0 * CHAINS * FLOATS.length() * steps;
  }

  /** FLOPs of this many steps in f64. */
  public static double doubleFlops(int steps) {
    return 2.0 * CHAINS * DOUBLES.length() * steps;
  }

  /** Steps of a multiply-add in each chain. */
  public static float floats(int steps, float factor, float other) {
    FloatVector a = FloatVector.broadcast(FLOATS, factor);
    FloatVector b = FloatVector.broadcast(FLOATS, other);
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
      x0 = a.fma(b, x0);
      x1 = a.fma(b, x1);
      x2 = a.fma(b, x2);
      x3 = a.fma(b, x3);
      x4 = a.fma(b, x4);
      x5 = a.fma(b, x5);
      y0 = a.fma(b, y0);
      y1 = a.fma(b, y1);
      y2 = a.fma(b, y2);
      y3 = a.fma(b, y3);
      y4 = a.fma(b, y4);
      y5 = a.fma(b, y5);
    }
    FloatVector x = x0.add(x1).add(x2).add(x3).add(x4).add(x5);
    return x.add(y0).add(y1).add(y2).add(y3).add(y4).add(y5).lane(0);
  }

  /** Steps of a multiply-add in each chain, in f64. */
  public static double doubles(int steps, double factor, double other) {
    DoubleVector a = DoubleVector.broadcast(DOUBLES, factor);
    DoubleVector b = DoubleVector.broadcast(DOUBLES, other);
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
      x0 = a.fma(b, x0);
      x1 = a.fma(b, x1);
      x2 = a.fma(b, x2);
      x3 = a.fma(b, x3);
      x4 = a.fma(b, x4);
      x5 = a.fma(b, x5);
      y0 = a.fma(b, y0);
      y1 = a.fma(b, y1);
      y2 = a.fma(b, y2);
      y3 = a.fma(b, y3);
      y4 = a.fma(b, y4);
      y5 = a.fma(b, y5);
    }
    DoubleVector x = x0.add(x1).add(x2).add(x3).add(x4).add(x5);
    return x.add(y0).add(y1).add(y2).add(y3).add(y4).add(y5).lane(0);
  }

  /**
   * Reads in four streams, since a hardware prefetch stops at a page's end; a rest of less than 8
   * vectors at the end is left out.
   */
  public static int read(int[] values, int n) {
    int lanes = INTS.length();
    int part = n / (8 * lanes) * (2 * lanes);
    IntVector x0 = IntVector.zero(INTS);
    IntVector x1 = x0;
    IntVector x2 = x0;
    IntVector x3 = x0;
    IntVector y0 = x0;
    IntVector y1 = x0;
    IntVector y2 = x0;
    IntVector y3 = x0;
    for (int i = 0; i < part; i += 2 * lanes) {
      x0 = IntVector.fromArray(INTS, values, i).add(x0);
      y0 = IntVector.fromArray(INTS, values, i + lanes).add(y0);
      x1 = IntVector.fromArray(INTS, values, part + i).add(x1);
      y1 = IntVector.fromArray(INTS, values, part + i + lanes).add(y1);
      x2 = IntVector.fromArray(INTS, values, 2 * part + i).add(x2);
      y2 = IntVector.fromArray(INTS, values, 2 * part + i + lanes).add(y2);
      x3 = IntVector.fromArray(INTS, values, 3 * part + i).add(x3);
      y3 = IntVector.fromArray(INTS, values, 3 * part + i + lanes).add(y3);
    }
    return x0.add(x1).add(x2).add(x3).add(y0).add(y1).add(y2).add(y3).lane(0);
  }
}
