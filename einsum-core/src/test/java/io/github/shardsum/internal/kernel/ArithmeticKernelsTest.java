package io.github.shardsum.internal.kernel;

import static io.github.shardsum.internal.kernel.Rows.MARGIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The chosen functions of elements equal the scalar ones to the bit, whatever the width: at ragged
 * lengths and odd positions, with NaN, infinities and both zeros, and without touching what is
 * beside a row.
 */
class ArithmeticKernelsTest {
  private static final KernelSet BEST = KernelSelection.best();
  private static final KernelSet SCALAR = KernelSelection.scalar();

  private final Random random = new Random(11);

  /** One row of one function. */
  @FunctionalInterface
  private interface Floats {
    void apply(
        FloatArithmetic a, float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n);
  }

  /** One row of one function. */
  @FunctionalInterface
  private interface Doubles {
    void apply(
        DoubleArithmetic a, double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n);
  }

  /** One row of one comparison. */
  @FunctionalInterface
  private interface FloatTests {
    void apply(
        FloatArithmetic a, float[] x, int xAt, float[] y, int yAt, byte[] to, int toAt, int n);
  }

  /** One row of one comparison. */
  @FunctionalInterface
  private interface DoubleTests {
    void apply(
        DoubleArithmetic a, double[] x, int xAt, double[] y, int yAt, byte[] to, int toAt, int n);
  }

  /** Operands of n elements: even calls are of plain numbers, odd ones have ugly ones as well. */
  private float[] operand(int n, boolean ugly) {
    float[] values = ugly ? Rows.uglyFloats(random, n) : Rows.floats(random, n);
    for (int i = 0; i < values.length; i++) {
      // Integers, halves and equal operands too.
      values[i] = i % 3 == 0 ? Math.round(values[i] * 2) / 2f : values[i];
    }
    return values;
  }

  private void floats(String name, Floats use) {
    for (int n : Rows.lengths()) {
      for (boolean ugly : new boolean[] {false, true}) {
        float[] x = operand(n, ugly);
        float[] y = operand(n, ugly);
        float[] best = Rows.floats(random, n);
        float[] scalar = best.clone();
        int xAt = random.nextInt(MARGIN);
        int toAt = random.nextInt(MARGIN);
        use.apply(BEST.floatArithmetic(), x, xAt, y, MARGIN, best, toAt, n);
        use.apply(SCALAR.floatArithmetic(), x, xAt, y, MARGIN, scalar, toAt, n);
        assertArrayEquals(scalar, best, () -> name + ", n = " + n + (ugly ? ", ugly" : ""));
      }
    }
  }

  private void doubles(String name, Doubles use) {
    for (int n : Rows.lengths()) {
      for (boolean ugly : new boolean[] {false, true}) {
        double[] x = Rows.doubles(random, operand(n, ugly));
        double[] y = Rows.doubles(random, operand(n, ugly));
        double[] best = Rows.doubles(random, Rows.floats(random, n));
        double[] scalar = best.clone();
        int xAt = random.nextInt(MARGIN);
        int toAt = random.nextInt(MARGIN);
        use.apply(BEST.doubleArithmetic(), x, xAt, y, MARGIN, best, toAt, n);
        use.apply(SCALAR.doubleArithmetic(), x, xAt, y, MARGIN, scalar, toAt, n);
        assertArrayEquals(scalar, best, () -> name + ", n = " + n + (ugly ? ", ugly" : ""));
      }
    }
  }

  private void tests(String name, FloatTests floats, DoubleTests doubles) {
    for (int n : Rows.lengths()) {
      float[] x = operand(n, true);
      float[] y = operand(n, true);
      for (int i = 0; i < y.length; i += 2) {
        y[i] = x[i];
      }
      double[] wideX = Rows.doubles(random, x);
      double[] wideY = Rows.doubles(random, y);
      System.arraycopy(wideX, 0, wideY, 0, n / 2);
      int at = random.nextInt(MARGIN);
      byte[] best = new byte[n + 2 * MARGIN];
      Arrays.fill(best, (byte) 7);
      byte[] scalar = best.clone();
      floats.apply(BEST.floatArithmetic(), x, at, y, at, best, 2, n);
      floats.apply(SCALAR.floatArithmetic(), x, at, y, at, scalar, 2, n);
      assertArrayEquals(scalar, best, () -> name + " of f32, n = " + n);
      doubles.apply(BEST.doubleArithmetic(), wideX, at, wideY, at, best, 3, n);
      doubles.apply(SCALAR.doubleArithmetic(), wideX, at, wideY, at, scalar, 3, n);
      assertArrayEquals(scalar, best, () -> name + " of f64, n = " + n);
    }
  }

  @Test
  void functionsOfTwo() {
    floats("subtract", FloatArithmetic::subtract);
    doubles("subtract", DoubleArithmetic::subtract);
    floats("divide", FloatArithmetic::divide);
    doubles("divide", DoubleArithmetic::divide);
    floats("maximum", FloatArithmetic::maximum);
    doubles("maximum", DoubleArithmetic::maximum);
    floats("minimum", FloatArithmetic::minimum);
    doubles("minimum", DoubleArithmetic::minimum);
    floats("remainder", FloatArithmetic::remainder);
    doubles("remainder", DoubleArithmetic::remainder);
  }

  @Test
  void functionsOfOne() {
    floats("negate", FloatArithmetic::negate);
    doubles("negate", DoubleArithmetic::negate);
    floats("abs", FloatArithmetic::abs);
    doubles("abs", DoubleArithmetic::abs);
    floats("sign", FloatArithmetic::sign);
    doubles("sign", DoubleArithmetic::sign);
    floats("sqrt", FloatArithmetic::sqrt);
    doubles("sqrt", DoubleArithmetic::sqrt);
    floats("rsqrt", FloatArithmetic::rsqrt);
    doubles("rsqrt", DoubleArithmetic::rsqrt);
    floats("floor", FloatArithmetic::floor);
    doubles("floor", DoubleArithmetic::floor);
  }

  @Test
  void powers() {
    floats("power", FloatArithmetic::power);
    floats(
        "power of numbers above 0",
        (a, x, xAt, y, yAt, to, toAt, n) -> {
          float[] above = new float[x.length];
          for (int i = 0; i < x.length; i++) {
            above[i] = Math.abs(x[i]) + Float.MIN_VALUE;
          }
          a.power(above, xAt, y, yAt, to, toAt, n);
        });
    floats(
        "squares",
        (a, x, xAt, y, _, to, toAt, n) -> {
          Arrays.fill(y, 2);
          a.power(x, xAt, y, 0, to, toAt, n);
        });
  }

  @Test
  void powersAreThoseOfF64Rounded() {
    for (int i = 0; i < 20_000; i++) {
      float base = (float) Math.exp(random.nextGaussian() * 9);
      float exponent = (float) (random.nextGaussian() * 4);
      float[] to = new float[1];
      BEST.floatArithmetic().power(new float[] {base}, 0, new float[] {exponent}, 0, to, 0, 1);
      double exact = Math.pow(base, exponent);
      // Half an ulp, and what the error of f64 may add where a result lies between two of f32.
      double bound = 0.5001 * Math.ulp((float) exact);
      if (exact <= Float.MAX_VALUE) {
        assertEquals(exact, to[0], bound, () -> base + "^" + exponent);
      }
    }
  }

  @Test
  void remaindersAreExact() {
    for (int i = 0; i < 2_000; i++) {
      float[] x = new float[16];
      float[] y = new float[16];
      float[] to = new float[16];
      for (int j = 0; j < x.length; j++) {
        y[j] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(20) - 10));
        // Multiples and their neighbours, where a rounded quotient would be on the wrong side.
        float multiple = y[j] * (random.nextInt(1 << random.nextInt(1, 24)) + 1);
        x[j] = j % 3 == 0 ? multiple : j % 3 == 1 ? Math.nextUp(multiple) : Math.nextDown(multiple);
      }
      BEST.floatArithmetic().remainder(x, 0, y, 0, to, 0, x.length);
      for (int j = 0; j < x.length; j++) {
        assertEquals(x[j] % y[j], to[j], x[j] + " % " + y[j]);
      }
    }
  }

  @Test
  void choicesAndBounds() {
    floats("clip", (a, x, xAt, y, yAt, to, toAt, n) -> a.clip(x, xAt, y, yAt, x, 0, to, toAt, n));
    doubles("clip", (a, x, xAt, y, yAt, to, toAt, n) -> a.clip(x, xAt, y, yAt, x, 0, to, toAt, n));
    floats(
        "where",
        (a, x, xAt, y, yAt, to, toAt, n) -> a.where(flags(n), 1, x, xAt, y, yAt, to, toAt, n));
    doubles(
        "where",
        (a, x, xAt, y, yAt, to, toAt, n) -> a.where(flags(n), 1, x, xAt, y, yAt, to, toAt, n));
  }

  /** Any byte but 0 is true. */
  private static byte[] flags(int n) {
    byte[] flags = new byte[n + 1];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = (byte) (i % 5 * (i % 7 - 3));
    }
    return flags;
  }

  @Test
  void comparisons() {
    tests("eq", FloatArithmetic::eq, DoubleArithmetic::eq);
    tests("ne", FloatArithmetic::ne, DoubleArithmetic::ne);
    tests("lt", FloatArithmetic::lt, DoubleArithmetic::lt);
    tests("le", FloatArithmetic::le, DoubleArithmetic::le);
    tests("gt", FloatArithmetic::gt, DoubleArithmetic::gt);
    tests("ge", FloatArithmetic::ge, DoubleArithmetic::ge);
    tests("and", FloatArithmetic::and, DoubleArithmetic::and);
    tests("or", FloatArithmetic::or, DoubleArithmetic::or);
    tests("xor", FloatArithmetic::xor, DoubleArithmetic::xor);
    tests("not", FloatArithmetic::not, DoubleArithmetic::not);
  }

  @Test
  void anOutMayBeAnOperand() {
    float[] x = Rows.floats(random, 70);
    float[] y = Rows.floats(random, 70);
    float[] own = x.clone();
    float[] fresh = new float[x.length];
    BEST.floatArithmetic().subtract(own, 1, y, 0, own, 1, 70);
    SCALAR.floatArithmetic().subtract(x, 1, y, 0, fresh, 1, 70);
    fresh[0] = x[0];
    System.arraycopy(x, 71, fresh, 71, x.length - 71);
    assertArrayEquals(fresh, own);
  }
}
