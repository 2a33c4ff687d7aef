package io.github.shardsum.internal.reduce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.engine.transfer.ReductionKernels;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Plain loops and vectors against the definition of each reduction: exact values of decimals and
 * whole numbers, rounded once, and IEEE 754's cases of what has none.
 */
class ReductionOpsTest {
  /** Around every width of vectors, and none. */
  private static final int[] LENGTHS = {0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 71, 200};

  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Double.MIN_NORMAL,
    Float.MIN_NORMAL,
    1 + Math.ulp(1.0),
    1 + Math.ulp(1f),
  };

  private static List<ReductionOps> implementations() {
    return List.of(ReductionOps.scalar(), ReductionKernels.best());
  }

  private static double number(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> SPECIAL[random.nextInt(SPECIAL.length)];
      case 1 -> random.nextGaussian() * Math.scalb(1.0, random.nextInt(40) - 20);
      default -> Double.longBitsToDouble(random.nextLong());
    };
  }

  private static float shortNumber(Random random) {
    return random.nextInt(3) == 0 ? Float.intBitsToFloat(random.nextInt()) : (float) number(random);
  }

  /** The result of an exact operation, or of numbers of which one is none. */
  private static double defined(BinaryReduction operation, double a, double b) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Double.NaN;
    }
    return switch (operation) {
      case MIN -> isBelow(a, b) ? a : b;
      case MAX -> isBelow(a, b) ? b : a;
      case SUM -> Double.isInfinite(a) || Double.isInfinite(b) ? infiniteSum(a, b) : a;
      case PROD -> Double.isInfinite(a) || Double.isInfinite(b) ? infiniteProduct(a, b) : a;
    };
  }

  private static boolean isBelow(double a, double b) {
    return a < b || (a == 0 && b == 0 && isNegative(a));
  }

  private static boolean isNegative(double a) {
    return Double.doubleToRawLongBits(a) < 0;
  }

  private static double infiniteSum(double a, double b) {
    boolean cancels = Double.isInfinite(a) && Double.isInfinite(b) && a != b;
    return cancels ? Double.NaN : Double.isInfinite(a) ? a : b;
  }

  private static double infiniteProduct(double a, double b) {
    return a == 0 || b == 0
        ? Double.NaN
        : isNegative(a) == isNegative(b) ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
  }

  private static boolean isExact(BinaryReduction operation, double a, double b) {
    boolean rounds = operation == BinaryReduction.SUM || operation == BinaryReduction.PROD;
    return rounds && Double.isFinite(a) && Double.isFinite(b);
  }

  private static BigDecimal exact(BinaryReduction operation, double a, double b) {
    return operation == BinaryReduction.SUM
        ? new BigDecimal(a).add(new BigDecimal(b))
        : new BigDecimal(a).multiply(new BigDecimal(b));
  }

  /** A sum is -0 only if both are; a product has the sign of its factors, when it is 0 too. */
  private static boolean isNegative(BinaryReduction operation, double a, double b) {
    return operation == BinaryReduction.SUM
        ? isNegative(a) && isNegative(b)
        : isNegative(a) != isNegative(b);
  }

  private static double of(BinaryReduction operation, double a, double b) {
    if (!isExact(operation, a, b)) {
      return defined(operation, a, b);
    }
    double rounded = exact(operation, a, b).doubleValue();
    return rounded == 0 ? zero(operation, a, b) : rounded;
  }

  private static float of(BinaryReduction operation, float a, float b) {
    if (!isExact(operation, a, b)) {
      return (float) defined(operation, a, b);
    }
    float rounded = exact(operation, a, b).floatValue();
    return rounded == 0 ? (float) zero(operation, a, b) : rounded;
  }

  private static double zero(BinaryReduction operation, double a, double b) {
    return isNegative(operation, a, b) ? -0.0 : 0.0;
  }

  private static long of(BinaryReduction operation, long a, long b) {
    BigInteger x = BigInteger.valueOf(a);
    BigInteger y = BigInteger.valueOf(b);
    BigInteger result =
        switch (operation) {
          case SUM -> x.add(y);
          case PROD -> x.multiply(y);
          case MIN -> x.compareTo(y) < 0 ? x : y;
          case MAX -> x.compareTo(y) < 0 ? y : x;
        };
    return result.longValue();
  }

  @Test
  void floatsAreByDefinition() {
    Random random = new Random(1);
    for (BinaryReduction operation : BinaryReduction.values()) {
      for (int n : LENGTHS) {
        float[] x = new float[4 * n + 10];
        for (int i = 0; i < x.length; i++) {
          x[i] = shortNumber(random);
        }
        for (ReductionOps ops : implementations()) {
          checkFloats(ops.floats(operation), operation, x, n);
        }
      }
    }
  }

  private static void checkFloats(
      FloatReductionOp op, BinaryReduction operation, float[] x, int n) {
    float[] pair = new float[n + 5];
    op.pair(x, 1, x, n + 3, pair, 2, n);
    float[] quad = new float[n + 5];
    op.quad(x, 0, x, n + 1, x, 2 * n + 3, x, 3 * n + 7, quad, 3, n);
    float[] finished = new float[n + 5];
    op.finish(x, 1, finished, 4, n);
    for (int i = 0; i < n; i++) {
      String where = operation + " " + n + " " + i;
      assertEquals(of(operation, x[1 + i], x[n + 3 + i]), pair[2 + i], where);
      float left = of(operation, x[i], x[n + 1 + i]);
      float right = of(operation, x[2 * n + 3 + i], x[3 * n + 7 + i]);
      assertEquals(of(operation, left, right), quad[3 + i], where);
      assertEquals(Float.floatToIntBits(x[1 + i]), Float.floatToRawIntBits(finished[4 + i]), where);
    }
    assertEquals(0, pair[1]);
    assertEquals(0, pair[2 + n]);
    assertEquals(0, quad[2]);
    assertEquals(0, quad[3 + n]);
    assertEquals(0, finished[3]);
    assertEquals(0, finished[4 + n]);
  }

  @Test
  void doublesAreByDefinition() {
    Random random = new Random(2);
    for (BinaryReduction operation : BinaryReduction.values()) {
      for (int n : LENGTHS) {
        double[] x = new double[4 * n + 10];
        for (int i = 0; i < x.length; i++) {
          x[i] = number(random);
        }
        for (ReductionOps ops : implementations()) {
          checkDoubles(ops.doubles(operation), operation, x, n);
        }
      }
    }
  }

  private static void checkDoubles(
      DoubleReductionOp op, BinaryReduction operation, double[] x, int n) {
    double[] pair = new double[n + 5];
    op.pair(x, 1, x, n + 3, pair, 2, n);
    double[] quad = new double[n + 5];
    op.quad(x, 0, x, n + 1, x, 2 * n + 3, x, 3 * n + 7, quad, 3, n);
    double[] finished = new double[n + 5];
    op.finish(x, 1, finished, 4, n);
    for (int i = 0; i < n; i++) {
      String where = operation + " " + n + " " + i;
      assertEquals(of(operation, x[1 + i], x[n + 3 + i]), pair[2 + i], where);
      double left = of(operation, x[i], x[n + 1 + i]);
      double right = of(operation, x[2 * n + 3 + i], x[3 * n + 7 + i]);
      assertEquals(of(operation, left, right), quad[3 + i], where);
      assertEquals(
          Double.doubleToLongBits(x[1 + i]), Double.doubleToRawLongBits(finished[4 + i]), where);
    }
    assertEquals(0, pair[1]);
    assertEquals(0, pair[2 + n]);
    assertEquals(0, quad[2]);
    assertEquals(0, quad[3 + n]);
    assertEquals(0, finished[3]);
    assertEquals(0, finished[4 + n]);
  }

  @Test
  void longsAreByDefinition() {
    Random random = new Random(3);
    long[] special = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, -(1L << 31)};
    for (BinaryReduction operation : BinaryReduction.values()) {
      for (int n : LENGTHS) {
        long[] x = new long[4 * n + 10];
        for (int i = 0; i < x.length; i++) {
          x[i] = random.nextInt(3) > 0 ? special[random.nextInt(7)] : random.nextLong();
        }
        for (ReductionOps ops : implementations()) {
          checkLongs(ops.longs(operation), operation, x, n);
        }
      }
    }
  }

  private static void checkLongs(LongReductionOp op, BinaryReduction operation, long[] x, int n) {
    long[] pair = new long[n + 5];
    op.pair(x, 1, x, n + 3, pair, 2, n);
    long[] quad = new long[n + 5];
    op.quad(x, 0, x, n + 1, x, 2 * n + 3, x, 3 * n + 7, quad, 3, n);
    long[] finished = new long[n + 5];
    op.finish(x, 1, finished, 4, n);
    for (int i = 0; i < n; i++) {
      String where = operation + " " + n + " " + i;
      assertEquals(of(operation, x[1 + i], x[n + 3 + i]), pair[2 + i], where);
      long left = of(operation, x[i], x[n + 1 + i]);
      long right = of(operation, x[2 * n + 3 + i], x[3 * n + 7 + i]);
      assertEquals(of(operation, left, right), quad[3 + i], where);
      assertEquals(x[1 + i], finished[4 + i], where);
    }
    assertEquals(0, pair[1]);
    assertEquals(0, pair[2 + n]);
    assertEquals(0, quad[2]);
    assertEquals(0, quad[3 + n]);
    assertEquals(0, finished[3]);
    assertEquals(0, finished[4 + n]);
  }

  /** An operation may write over what it reads, at the same place. */
  @Test
  void resultsMayLieInWhatIsRead() {
    Random random = new Random(4);
    for (ReductionOps ops : implementations()) {
      for (BinaryReduction operation : BinaryReduction.values()) {
        long[] x = random.longs(300).toArray();
        long[] before = x.clone();
        ops.longs(operation).pair(x, 0, x, 100, x, 100, 71);
        ops.longs(operation).quad(x, 0, x, 200, x, 0, x, 200, x, 0, 71);
        for (int i = 0; i < 71; i++) {
          assertEquals(of(operation, before[i], before[100 + i]), x[100 + i]);
          long half = of(operation, before[i], before[200 + i]);
          assertEquals(of(operation, half, half), x[i]);
        }
      }
    }
  }
}
