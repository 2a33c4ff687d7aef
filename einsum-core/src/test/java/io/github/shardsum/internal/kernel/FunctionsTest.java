package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.testsupport.TestDepth;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * The functions: how far from the truth, their ends, and that they are the same in every kernel.
 */
class FunctionsTest {
  private static final MathContext DIGITS = new MathContext(80);

  /** Pi to 100 digits. */
  private static final BigDecimal PI =
      new BigDecimal(
          "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798");

  /** Without the fused instruction each step of a polynomial is rounded twice. */
  private static final double BOUND = Fma.IN_HARDWARE ? 2 : 4;

  private static final boolean EXHAUSTIVE = TestDepth.current() == TestDepth.EXHAUSTIVE;

  private interface Row<A> {
    void apply(A x, int xAt, A to, int toAt, int n);
  }

  private interface FloatFunction {
    float apply(float x);
  }

  /**
   * A function in all its forms.
   *
   * @param scalar ours
   * @param ofFloat ours in f32
   * @param exact to 60 digits and more
   * @param jdk in f64
   * @param most largest argument of samples
   */
  private record Function(
      String name,
      DoubleUnaryOperator scalar,
      FloatFunction ofFloat,
      UnaryOperator<BigDecimal> exact,
      DoubleUnaryOperator jdk,
      Row<float[]> floats,
      Row<double[]> doubles,
      double most) {}

  private static List<Function> functions() {
    FloatRows floats = KernelSelection.best().floats();
    DoubleRows doubles = KernelSelection.best().doubles();
    return List.of(
        new Function(
            "log",
            Functions::log,
            FloatFunctions::log,
            FunctionsTest::log,
            StrictMath::log,
            floats::log,
            doubles::log,
            1e300),
        new Function(
            "tanh",
            Functions::tanh,
            FloatFunctions::tanh,
            x -> {
              BigDecimal power = exp(x.add(x));
              return power.subtract(BigDecimal.ONE).divide(power.add(BigDecimal.ONE), DIGITS);
            },
            StrictMath::tanh,
            floats::tanh,
            doubles::tanh,
            25),
        new Function(
            "logistic",
            Functions::logistic,
            FloatFunctions::logistic,
            x -> BigDecimal.ONE.divide(BigDecimal.ONE.add(exp(x.negate())), DIGITS),
            x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x)),
            floats::logistic,
            doubles::logistic,
            700),
        new Function(
            "sine",
            Functions::sine,
            FloatFunctions::sine,
            FunctionsTest::sine,
            StrictMath::sin,
            floats::sine,
            doubles::sine,
            1e6),
        new Function(
            "cosine",
            Functions::cosine,
            FloatFunctions::cosine,
            x -> sine(x.add(PI.divide(new BigDecimal(2), DIGITS))),
            StrictMath::cos,
            floats::cosine,
            doubles::cosine,
            1e6));
  }

  /** e^x = (e^(x / 2^20))^(2^20), by Taylor's series; the power loses six digits. */
  private static BigDecimal exp(BigDecimal x) {
    BigDecimal small = x.divide(new BigDecimal(1 << 20), DIGITS);
    BigDecimal sum = BigDecimal.ONE;
    BigDecimal term = BigDecimal.ONE;
    for (int i = 1; i < 30; i++) {
      term = term.multiply(small, DIGITS).divide(new BigDecimal(i), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum.pow(1 << 20, DIGITS);
  }

  /** By Newton's method, of which two steps make 60 digits of 15. */
  private static BigDecimal log(BigDecimal x) {
    BigDecimal y = new BigDecimal(StrictMath.log(x.doubleValue()));
    for (int step = 0; step < 2; step++) {
      BigDecimal ratio = x.multiply(exp(y.negate()), DIGITS);
      BigDecimal error = ratio.subtract(BigDecimal.ONE);
      // ln(1 + e) = e - e^2/2 + e^3/3.
      BigDecimal square = error.multiply(error, DIGITS);
      y =
          y.add(error)
              .subtract(square.divide(new BigDecimal(2), DIGITS))
              .add(square.multiply(error, DIGITS).divide(new BigDecimal(3), DIGITS));
    }
    return y;
  }

  private static BigDecimal sine(BigDecimal x) {
    BigDecimal circle = PI.add(PI);
    BigDecimal reduced =
        x.subtract(x.divideToIntegralValue(circle).multiply(circle)).divide(BigDecimal.ONE, DIGITS);
    BigDecimal square = reduced.multiply(reduced, DIGITS).negate();
    BigDecimal term = reduced;
    BigDecimal sum = reduced;
    for (int i = 1; i < 50; i++) {
      term = term.multiply(square, DIGITS).divide(new BigDecimal(2L * i * (2L * i + 1)), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum;
  }

  private static double error(BigDecimal expected, double got) {
    int exponent = Math.max(Math.getExponent(expected.doubleValue()), Double.MIN_EXPONENT);
    BigDecimal ulp = new BigDecimal(2).pow(exponent - 52, DIGITS);
    return expected.subtract(new BigDecimal(got)).abs().divide(ulp, DIGITS).doubleValue();
  }

  /** All magnitudes; near 1, where logarithms vanish; near multiples of a right angle. */
  private static List<Double> samples(Function function, int count) {
    Random random = new Random(5);
    List<Double> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double sign = function.name().equals("log") || random.nextBoolean() ? 1 : -1;
      double top = Math.getExponent(function.most());
      double wide =
          Math.scalb(1 + random.nextDouble(), (int) (random.nextDouble() * (top + 60)) - 60);
      double near = 1 + (random.nextDouble() - 0.5) * Math.scalb(1d, -random.nextInt(40));
      double angle = random.nextInt(1 << 19) * Functions.ANGLE_HIGH;
      samples.add(sign * Math.min(wide, function.most()));
      samples.add(sign * near);
      samples.add(sign * random.nextDouble() * 2);
      samples.add(sign * Math.min(Math.max(angle, 0.1), function.most()));
    }
    return samples;
  }

  @Test
  void f64IsWithinTwoUlpOfSixtyDigits() {
    for (Function function : functions()) {
      for (double x : samples(function, EXHAUSTIVE ? 2000 : 200)) {
        double got = function.scalar().applyAsDouble(x);
        double error = error(function.exact().apply(new BigDecimal(x)), got);
        assertTrue(error <= BOUND, () -> function.name() + " " + x + " is " + error + " ulp off");
      }
    }
  }

  @Test
  void f64IsWithinThreeUlpOfTheJdk() {
    for (Function function : functions()) {
      for (double x : samples(function, 20_000)) {
        double expected = function.jdk().applyAsDouble(x);
        double got = function.scalar().applyAsDouble(x);
        double error = Math.abs(got - expected) / Math.ulp(expected);
        // The JDK's own are within 1 to 2.5.
        assertTrue(error <= BOUND + 2.5, () -> function.name() + " " + x + ": " + error + " ulp");
      }
    }
  }

  @Test
  void f32IsTheNearestOrItsNeighbour() {
    int step = EXHAUSTIVE ? 61 : 4999;
    for (Function function : functions()) {
      for (long bits = 0; bits < 0x7f800000L; bits += step) {
        float x = Float.intBitsToFloat((int) bits);
        checkFloat(function, x);
        checkFloat(function, -x);
      }
    }
  }

  private static void checkFloat(Function function, float x) {
    float got = function.ofFloat().apply(x);
    double expected = function.jdk().applyAsDouble(x);
    double ulp = Math.max(Math.ulp((float) expected), Float.MIN_VALUE);
    // Half an ulp, and what the error in f64 may add where a result lies between two of f32.
    boolean near = Math.abs(got - expected) <= 0.5001 * ulp;
    boolean same = Double.isNaN(expected) ? Float.isNaN(got) : got == (float) expected;
    assertTrue(near || same, () -> function.name() + " " + x + ": " + got + ", " + expected);
  }

  @Test
  void vectorsGiveTheSameBits() {
    int n = 1 << 16;
    float[] x = new float[n + 3];
    double[] wide = new double[n + 3];
    for (int i = 0; i < x.length; i++) {
      // Every sign and exponent, and the first seven bits of the fraction.
      x[i] = Float.intBitsToFloat(i << 16 | i);
      wide[i] = i % 2 == 0 ? x[i] * 8.1 : Double.longBitsToDouble((long) i << 48 | i * 77L);
    }
    float[] ends = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0.0f};
    for (int i = 0; i < ends.length; i++) {
      x[i + 5] = ends[i];
      wide[i + 5] = ends[i];
    }
    float[] floats = new float[n + 3];
    double[] doubles = new double[n + 3];
    for (Function function : functions()) {
      function.floats().apply(x, 1, floats, 2, n + 1);
      function.doubles().apply(wide, 1, doubles, 2, n + 1);
      for (int i = 0; i <= n; i++) {
        float expected = function.ofFloat().apply(x[i + 1]);
        assertEquals(
            Float.floatToIntBits(expected), Float.floatToIntBits(floats[i + 2]), function.name());
        assertEquals(
            Double.doubleToLongBits(function.scalar().applyAsDouble(wide[i + 1])),
            Double.doubleToLongBits(doubles[i + 2]),
            function.name());
      }
    }
  }

  @Test
  void aRowMayBeItsOwnResult() {
    for (Function function : functions()) {
      double[] row = new Random(2).doubles(77, -3e6, 3e6).toArray();
      double[] expected = java.util.Arrays.stream(row).map(function.scalar()).toArray();
      function.doubles().apply(row, 0, row, 0, row.length);
      org.junit.jupiter.api.Assertions.assertArrayEquals(expected, row);
    }
  }

  @Test
  void theEndsOfTheRange() {
    double infinity = Double.POSITIVE_INFINITY;
    assertEquals(-infinity, Functions.log(0));
    assertEquals(-infinity, Functions.log(-0d));
    assertEquals(infinity, Functions.log(infinity));
    assertEquals(0, Functions.log(1));
    assertTrue(Double.isNaN(Functions.log(-1)));
    assertTrue(Double.isNaN(Functions.log(-infinity)));
    assertEquals(StrictMath.log(Double.MIN_VALUE), Functions.log(Double.MIN_VALUE), 1e-12);
    assertEquals(1, Functions.tanh(infinity));
    assertEquals(-1, Functions.tanh(-infinity));
    assertEquals(-0d, Functions.tanh(-0d));
    assertEquals(Double.MIN_VALUE, Functions.tanh(Double.MIN_VALUE));
    assertEquals(1, Functions.logistic(infinity));
    assertEquals(0, Functions.logistic(-infinity));
    assertEquals(0.5, Functions.logistic(0));
    assertEquals(Double.MIN_VALUE, Functions.logistic(-745.1));
    assertEquals(-0d, Functions.sine(-0d));
    assertEquals(1, Functions.cosine(0));
    assertTrue(Double.isNaN(Functions.sine(infinity)));
    assertTrue(Double.isNaN(Functions.cosine(-infinity)));
    for (Function function : functions()) {
      assertTrue(Double.isNaN(function.scalar().applyAsDouble(Double.NaN)), function.name());
    }
  }

  @Test
  void theEndsOfTheRangeInF32() {
    float infinity = Float.POSITIVE_INFINITY;
    assertEquals(-infinity, FloatFunctions.log(0));
    assertEquals(-infinity, FloatFunctions.log(-0f));
    assertEquals(infinity, FloatFunctions.log(infinity));
    assertEquals(0f, FloatFunctions.log(1));
    assertTrue(Float.isNaN(FloatFunctions.log(-1)));
    assertTrue(Float.isNaN(FloatFunctions.log(-infinity)));
    assertEquals((float) StrictMath.log(Float.MIN_VALUE), FloatFunctions.log(Float.MIN_VALUE));
    assertEquals(1f, FloatFunctions.tanh(infinity));
    assertEquals(-1f, FloatFunctions.tanh(-infinity));
    assertEquals(-0f, FloatFunctions.tanh(-0f));
    assertEquals(Float.MIN_VALUE, FloatFunctions.tanh(Float.MIN_VALUE));
    assertEquals(1f, FloatFunctions.logistic(infinity));
    assertEquals(0f, FloatFunctions.logistic(-infinity));
    assertEquals(0.5f, FloatFunctions.logistic(0));
    assertEquals(Float.MIN_VALUE, FloatFunctions.logistic(-103.2f));
    assertEquals(0f, FloatFunctions.logistic(-104));
    assertEquals(-0f, FloatFunctions.sine(-0f));
    assertEquals(1f, FloatFunctions.cosine(0));
    assertTrue(Float.isNaN(FloatFunctions.sine(infinity)));
    assertTrue(Float.isNaN(FloatFunctions.cosine(-infinity)));
    for (Function function : functions()) {
      assertTrue(Float.isNaN(function.ofFloat().apply(Float.NaN)), function.name());
    }
  }
}
