package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.DoubleExp;
import io.github.shardsum.internal.kernel.FloatFunctions;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.Functions;
import io.github.shardsum.internal.scalar.ScalarFloatArithmetic;
import io.github.shardsum.internal.scalar.ScalarFloatRows;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions of {@link FloatFunctions} over rows, in vectors of f64, with the same steps. The
 * loops are written out for the reason that {@code VectorRows} gives.
 */
final class VectorFloatFunctions {
  private static final VectorSpecies<Double> SPECIES = VectorSpecies.of(double.class, Width.SHAPE);
  private static final int LENGTH = SPECIES.length();
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(
          float.class, VectorShape.forBitSize(Math.max(64, Width.SHAPE.vectorBitSize() / 2)));
  private static final Class<? extends Vector<Float>> EXACT = HALF.vectorType();

  /** Whether vectors have two lanes; C2 has no comparison for them. */
  private static final boolean NARROW = LENGTH == 2;

  private static final FloatRows REST = new ScalarFloatRows();
  private static final ScalarFloatArithmetic ARITHMETIC = new ScalarFloatArithmetic();

  private VectorFloatFunctions() {}

  static void log(float[] x, int xAt, float[] to, int toAt, int n) {
    if (NARROW) {
      REST.log(x, xAt, to, toAt, n);
      return;
    }
    int i = 0;
    for (; i < SPECIES.loopBound(n); i += LENGTH) {
      DoubleVector given =
          (DoubleVector)
              FloatVector.fromArray(HALF, x, xAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      // As FloatFunctions.finiteLog.
      LongVector bits = given.reinterpretAsLongs();
      LongVector moved = bits.sub(Functions.LOG_OFFSET);
      DoubleVector k =
          moved
              .lanewise(VectorOperators.LSHR, 52)
              .add(Functions.ROUNDER_BITS)
              .reinterpretAsDoubles()
              .sub(DoubleVector.broadcast(SPECIES, Functions.BIASED_ROUNDER));
      DoubleVector f =
          bits.sub(moved.and(Functions.EXPONENT_BITS))
              .add(Functions.ONE_BITS)
              .reinterpretAsDoubles()
              .sub(DoubleVector.broadcast(SPECIES, 1));
      DoubleVector s = f.div(f.add(DoubleVector.broadcast(SPECIES, 2)));
      DoubleVector z = s.mul(s);
      DoubleVector p = DoubleVector.broadcast(SPECIES, FloatFunctions.L5);
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L4));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L3));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L2));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L1));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L0));
      DoubleVector log =
          k.fma(
              DoubleVector.broadcast(SPECIES, FloatFunctions.LN2),
              s.mul(p.fma(z, DoubleVector.broadcast(SPECIES, 2))));
      DoubleVector zero = DoubleVector.broadcast(SPECIES, 0);
      DoubleVector infinity = DoubleVector.broadcast(SPECIES, Double.POSITIVE_INFINITY);
      VectorMask<Double> usual =
          given.compare(VectorOperators.GT, zero).and(given.compare(VectorOperators.LT, infinity));
      if (!usual.allTrue()) {
        DoubleVector others =
            given
                .blend(Double.NaN, given.compare(VectorOperators.LT, zero))
                .blend(Double.NEGATIVE_INFINITY, given.compare(VectorOperators.EQ, zero));
        ((FloatVector)
                EXACT.cast(others.blend(log, usual).convertShape(VectorOperators.D2F, HALF, 0)))
            .intoArray(to, toAt + i);
        continue;
      }
      ((FloatVector) EXACT.cast(log.convertShape(VectorOperators.D2F, HALF, 0)))
          .intoArray(to, toAt + i);
    }
    REST.log(x, xAt + i, to, toAt + i, n - i);
  }

  static void logistic(float[] x, int xAt, float[] to, int toAt, int n) {
    if (NARROW) {
      REST.logistic(x, xAt, to, toAt, n);
      return;
    }
    int i = 0;
    for (; i < SPECIES.loopBound(n); i += LENGTH) {
      DoubleVector given =
          (DoubleVector)
              FloatVector.fromArray(HALF, x, xAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      DoubleVector negative = given.neg();
      DoubleVector lowest = DoubleVector.broadcast(SPECIES, FloatFunctions.LOW);
      DoubleVector highest = DoubleVector.broadcast(SPECIES, -FloatFunctions.LOW);
      DoubleVector below = negative.blend(highest, negative.compare(VectorOperators.GT, highest));
      DoubleVector inRange = below.blend(lowest, below.compare(VectorOperators.LT, lowest));
      // As FloatFunctions.restLessOne.
      DoubleVector rounder = DoubleVector.broadcast(SPECIES, FloatFunctions.ROUNDER);
      DoubleVector shifted =
          inRange.fma(DoubleVector.broadcast(SPECIES, DoubleExp.LOG2_E), rounder);
      DoubleVector r =
          shifted.sub(rounder).fma(DoubleVector.broadcast(SPECIES, -FloatFunctions.LN2), inRange);
      DoubleVector q = DoubleVector.broadcast(SPECIES, FloatFunctions.E7);
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E6));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E5));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E4));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E3));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E2));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E1));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E0));
      DoubleVector less = r.mul(r).fma(q, r);
      DoubleVector power =
          shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
      DoubleVector one = DoubleVector.broadcast(SPECIES, 1);
      DoubleVector end = one.div(power.fma(less, power).add(one));
      ((FloatVector) EXACT.cast(end.convertShape(VectorOperators.D2F, HALF, 0)))
          .intoArray(to, toAt + i);
    }
    REST.logistic(x, xAt + i, to, toAt + i, n - i);
  }

  static void tanh(float[] x, int xAt, float[] to, int toAt, int n) {
    if (NARROW) {
      REST.tanh(x, xAt, to, toAt, n);
      return;
    }
    int i = 0;
    for (; i < SPECIES.loopBound(n); i += LENGTH) {
      DoubleVector given =
          (DoubleVector)
              FloatVector.fromArray(HALF, x, xAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      DoubleVector y = given.abs();
      DoubleVector twice = y.add(y);
      DoubleVector top = DoubleVector.broadcast(SPECIES, FloatFunctions.TANH_ONE);
      DoubleVector inRange = twice.blend(top, twice.compare(VectorOperators.GT, top));
      // As FloatFunctions.restLessOne.
      DoubleVector rounder = DoubleVector.broadcast(SPECIES, FloatFunctions.ROUNDER);
      DoubleVector shifted =
          inRange.fma(DoubleVector.broadcast(SPECIES, DoubleExp.LOG2_E), rounder);
      DoubleVector r =
          shifted.sub(rounder).fma(DoubleVector.broadcast(SPECIES, -FloatFunctions.LN2), inRange);
      DoubleVector q = DoubleVector.broadcast(SPECIES, FloatFunctions.E7);
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E6));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E5));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E4));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E3));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E2));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E1));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E0));
      DoubleVector less = r.mul(r).fma(q, r);
      DoubleVector power =
          shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
      DoubleVector grown = power.fma(less, power.sub(DoubleVector.broadcast(SPECIES, 1)));
      DoubleVector result = grown.div(grown.add(DoubleVector.broadcast(SPECIES, 2)));
      LongVector sign = given.reinterpretAsLongs().and(Functions.SIGN_BIT);
      DoubleVector end = result.reinterpretAsLongs().or(sign).reinterpretAsDoubles();
      ((FloatVector) EXACT.cast(end.convertShape(VectorOperators.D2F, HALF, 0)))
          .intoArray(to, toAt + i);
    }
    REST.tanh(x, xAt + i, to, toAt + i, n - i);
  }

  static void sine(float[] x, int xAt, float[] to, int toAt, int n) {
    angles(0, x, xAt, to, toAt, n);
  }

  static void cosine(float[] x, int xAt, float[] to, int toAt, int n) {
    angles(1, x, xAt, to, toAt, n);
  }

  private static void rest(long turns, float[] x, int xAt, float[] to, int toAt, int n) {
    if (turns == 0) {
      REST.sine(x, xAt, to, toAt, n);
    } else {
      REST.cosine(x, xAt, to, toAt, n);
    }
  }

  /** Sines of angles to which a number of quarter turns, 0 or 1, is added. */
  private static void angles(long turns, float[] x, int xAt, float[] to, int toAt, int n) {
    if (NARROW) {
      rest(turns, x, xAt, to, toAt, n);
      return;
    }
    // The cosine does not have the sign of its angle.
    long signBit = turns == 0 ? Functions.SIGN_BIT : 0;
    int i = 0;
    for (; i < SPECIES.loopBound(n); i += LENGTH) {
      DoubleVector given =
          (DoubleVector)
              FloatVector.fromArray(HALF, x, xAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      DoubleVector y = given.abs();
      if (!y.compare(VectorOperators.LE, DoubleVector.broadcast(SPECIES, Functions.ANGLE_LIMIT))
          .allTrue()) {
        rest(turns, x, xAt + i, to, toAt + i, LENGTH);
        continue;
      }
      DoubleVector rounder = DoubleVector.broadcast(SPECIES, Functions.ROUNDER);
      DoubleVector shifted = y.fma(DoubleVector.broadcast(SPECIES, Functions.TWO_OVER_PI), rounder);
      DoubleVector integer = shifted.sub(rounder);
      DoubleVector r =
          integer.fma(
              DoubleVector.broadcast(SPECIES, -Functions.ANGLE_MIDDLE),
              integer.fma(DoubleVector.broadcast(SPECIES, -Functions.ANGLE_HIGH), y));
      DoubleVector z = r.mul(r);
      DoubleVector s = DoubleVector.broadcast(SPECIES, FloatFunctions.S4);
      s = s.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.S3));
      s = s.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.S2));
      s = s.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.S1));
      s = s.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.S0));
      DoubleVector sine = r.mul(z).fma(s, r);
      DoubleVector c = DoubleVector.broadcast(SPECIES, FloatFunctions.C4);
      c = c.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.C3));
      c = c.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.C2));
      c = c.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.C1));
      c = c.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.C0));
      DoubleVector cosine =
          z.mul(z)
              .fma(
                  c,
                  z.fma(DoubleVector.broadcast(SPECIES, -0.5), DoubleVector.broadcast(SPECIES, 1)));
      LongVector quarter = shifted.reinterpretAsLongs().add(turns);
      // The sign of this number is negative if the number of quarter turns is odd.
      DoubleVector odd =
          quarter.lanewise(VectorOperators.LSHL, 63).or(Functions.ONE_BITS).reinterpretAsDoubles();
      DoubleVector result =
          sine.blend(cosine, odd.compare(VectorOperators.LT, DoubleVector.broadcast(SPECIES, 0)));
      LongVector sign =
          quarter
              .lanewise(VectorOperators.LSHL, 62)
              .and(Functions.SIGN_BIT)
              .lanewise(VectorOperators.XOR, given.reinterpretAsLongs().and(signBit));
      DoubleVector end =
          result.reinterpretAsLongs().lanewise(VectorOperators.XOR, sign).reinterpretAsDoubles();
      ((FloatVector) EXACT.cast(end.convertShape(VectorOperators.D2F, HALF, 0)))
          .intoArray(to, toAt + i);
    }
    rest(turns, x, xAt + i, to, toAt + i, n - i);
  }

  static void power(float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n) {
    if (NARROW) {
      ARITHMETIC.power(x, xAt, y, yAt, to, toAt, n);
      return;
    }
    int i = 0;
    for (; i < SPECIES.loopBound(n); i += LENGTH) {
      DoubleVector base =
          (DoubleVector)
              FloatVector.fromArray(HALF, x, xAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      DoubleVector exponent =
          (DoubleVector)
              FloatVector.fromArray(HALF, y, yAt + i).convertShape(VectorOperators.F2D, SPECIES, 0);
      DoubleVector infinity = DoubleVector.broadcast(SPECIES, Double.POSITIVE_INFINITY);
      VectorMask<Double> square =
          exponent.compare(VectorOperators.EQ, DoubleVector.broadcast(SPECIES, 2));
      VectorMask<Double> usual =
          base.compare(VectorOperators.GT, DoubleVector.zero(SPECIES))
              .and(base.compare(VectorOperators.LT, infinity))
              .and(exponent.abs().compare(VectorOperators.LT, infinity));
      if (!usual.or(square).allTrue()) {
        ARITHMETIC.power(x, xAt + i, y, yAt + i, to, toAt + i, LENGTH);
        continue;
      }
      // As FloatFunctions.finiteLog.
      LongVector bits = base.reinterpretAsLongs();
      LongVector moved = bits.sub(Functions.LOG_OFFSET);
      DoubleVector k =
          moved
              .lanewise(VectorOperators.LSHR, 52)
              .add(Functions.ROUNDER_BITS)
              .reinterpretAsDoubles()
              .sub(DoubleVector.broadcast(SPECIES, Functions.BIASED_ROUNDER));
      DoubleVector f =
          bits.sub(moved.and(Functions.EXPONENT_BITS))
              .add(Functions.ONE_BITS)
              .reinterpretAsDoubles()
              .sub(DoubleVector.broadcast(SPECIES, 1));
      DoubleVector s = f.div(f.add(DoubleVector.broadcast(SPECIES, 2)));
      DoubleVector z = s.mul(s);
      DoubleVector p = DoubleVector.broadcast(SPECIES, FloatFunctions.L5);
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L4));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L3));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L2));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L1));
      p = p.fma(z, DoubleVector.broadcast(SPECIES, FloatFunctions.L0));
      DoubleVector log =
          k.fma(
              DoubleVector.broadcast(SPECIES, FloatFunctions.LN2),
              s.mul(p.fma(z, DoubleVector.broadcast(SPECIES, 2))));
      DoubleVector exact = exponent.mul(log);
      DoubleVector high = DoubleVector.broadcast(SPECIES, FloatFunctions.HIGH);
      DoubleVector low = DoubleVector.broadcast(SPECIES, FloatFunctions.LOW);
      DoubleVector below = exact.blend(high, exact.compare(VectorOperators.GT, high));
      DoubleVector inRange = below.blend(low, below.compare(VectorOperators.LT, low));
      // As FloatFunctions.restLessOne.
      DoubleVector rounder = DoubleVector.broadcast(SPECIES, FloatFunctions.ROUNDER);
      DoubleVector shifted =
          inRange.fma(DoubleVector.broadcast(SPECIES, DoubleExp.LOG2_E), rounder);
      DoubleVector r =
          shifted.sub(rounder).fma(DoubleVector.broadcast(SPECIES, -FloatFunctions.LN2), inRange);
      DoubleVector q = DoubleVector.broadcast(SPECIES, FloatFunctions.E7);
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E6));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E5));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E4));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E3));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E2));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E1));
      q = q.fma(r, DoubleVector.broadcast(SPECIES, FloatFunctions.E0));
      DoubleVector less = r.mul(r).fma(q, r);
      DoubleVector power =
          shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
      DoubleVector end = power.fma(less, power).blend(base.mul(base), square);
      ((FloatVector) EXACT.cast(end.convertShape(VectorOperators.D2F, HALF, 0)))
          .intoArray(to, toAt + i);
    }
    ARITHMETIC.power(x, xAt + i, y, yAt + i, to, toAt + i, n - i);
  }
}
