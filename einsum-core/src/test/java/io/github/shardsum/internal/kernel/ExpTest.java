package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.selection.KernelSelection;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** e^x: how far from the truth, where it ends, and that it is the same in every kernel. */
class ExpTest {
  /** Without the fused instruction the polynomial is rounded twice a step. */
  private static final double BOUND = Fma.IN_HARDWARE ? 1 : 1.25;

  private static final MathContext DIGITS = new MathContext(40);

  @Test
  void f32IsWithinOneUlpOnADenseSample() {
    // From 2^-30 on to beyond both ends of the range; below, e^x rounds to 1.
    for (int bits = 0x30800000; bits < 0x42d20000; bits += 1999) {
      for (float x : new float[] {Float.intBitsToFloat(bits), -Float.intBitsToFloat(bits)}) {
        // The f64 of the JDK is off by less than 2^-28 of an ulp of f32.
        double expected = StrictMath.exp(x);
        float got = FloatExp.exp(x);
        if (expected >= 0x1p128 - 0x1p103) {
          assertEquals(Float.POSITIVE_INFINITY, got);
        } else {
          int exponent = Math.max(Math.getExponent(expected), Float.MIN_EXPONENT);
          double error = Math.abs(got - expected) / Math.scalb(1d, exponent - 23);
          assertTrue(error <= BOUND, () -> "e^" + x + " is " + error + " ulp off");
        }
      }
    }
  }

  @Test
  void f64IsWithinOneUlpOfFortyDigits() {
    Random random = new Random(3);
    for (int i = 0; i < 3000; i++) {
      double x = (random.nextDouble() * 2 - 1) * Math.scalb(1d, random.nextInt(20) - 10);
      x = Math.max(-744.5, Math.min(709.5, x));
      BigDecimal expected = exp(x);
      double got = DoubleExp.exp(x);
      int exponent = Math.max(Math.getExponent(expected.doubleValue()), Double.MIN_EXPONENT);
      BigDecimal ulp = power(exponent - 52);
      double error = expected.subtract(new BigDecimal(got)).abs().divide(ulp, DIGITS).doubleValue();
      double at = x;
      assertTrue(error <= BOUND, () -> "e^" + at + " is " + error + " ulp off");
    }
  }

  /** e^x = (e^(x / 2^12))^(2^12), by Taylor's series. */
  private static BigDecimal exp(double x) {
    MathContext more = new MathContext(60);
    BigDecimal small = new BigDecimal(x).divide(new BigDecimal(4096), more);
    BigDecimal sum = BigDecimal.ONE;
    BigDecimal term = BigDecimal.ONE;
    for (int i = 1; i < 60; i++) {
      term = term.multiply(small, more).divide(new BigDecimal(i), more);
      sum = sum.add(term, more);
    }
    return sum.pow(4096, more);
  }

  private static BigDecimal power(int exponent) {
    return exponent >= 0
        ? new BigDecimal(BigInteger.TWO.pow(exponent))
        : BigDecimal.ONE.divide(new BigDecimal(BigInteger.TWO.pow(-exponent)));
  }

  @Test
  void theEndsOfTheRange() {
    assertEquals(1f, FloatExp.exp(-0f));
    assertEquals(0f, FloatExp.exp(Float.NEGATIVE_INFINITY));
    assertEquals(0f, FloatExp.exp(-Float.MAX_VALUE));
    assertEquals(Float.POSITIVE_INFINITY, FloatExp.exp(Float.MAX_VALUE));
    assertEquals(Float.POSITIVE_INFINITY, FloatExp.exp(88.72284f));
    assertTrue(Float.isFinite(FloatExp.exp(88.72283f)));
    assertEquals(Float.MIN_VALUE, FloatExp.exp(-103.97f));
    assertEquals(0f, FloatExp.exp(-103.98f));
    assertTrue(Float.isNaN(FloatExp.exp(Float.NaN)));
    assertEquals(1d, DoubleExp.exp(-0d));
    assertEquals(0d, DoubleExp.exp(Double.NEGATIVE_INFINITY));
    assertEquals(Double.POSITIVE_INFINITY, DoubleExp.exp(709.7827128933841));
    assertTrue(Double.isFinite(DoubleExp.exp(709.782712893384)));
    assertEquals(Double.MIN_VALUE, DoubleExp.exp(-745.1332191019411));
    assertEquals(0d, DoubleExp.exp(-745.1332191019412));
    assertTrue(Double.isNaN(DoubleExp.exp(Double.NaN)));
  }

  @Test
  void vectorsGiveTheSameBitsOnADenseSample() {
    int n = 1 << 16;
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      // Every sign and exponent, and the first seven bits of the fraction.
      x[i] = Float.intBitsToFloat(i << 16 | i);
    }
    float[] best = new float[n];
    KernelSelection.best().floats().exp(x, 0, best, 0, n);
    double[] wide = new double[n];
    double[] bestWide = new double[n];
    for (int i = 0; i < n; i++) {
      wide[i] = x[i] * 8.1;
    }
    KernelSelection.best().doubles().exp(wide, 0, bestWide, 0, n);
    for (int i = 0; i < n; i++) {
      assertEquals(FloatExp.exp(x[i]), best[i]);
      assertEquals(DoubleExp.exp(wide[i]), bestWide[i]);
    }
  }
}
