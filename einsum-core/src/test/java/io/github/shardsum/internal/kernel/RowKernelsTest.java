package io.github.shardsum.internal.kernel;

import static io.github.shardsum.internal.kernel.Rows.MARGIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/**
 * The chosen kernels equal the scalar ones to the bit, whatever the width: at ragged lengths and
 * odd positions, with NaN, infinities and both zeros, and without touching what is beside a row.
 */
class RowKernelsTest {
  private static final KernelSet BEST = KernelSelection.best();
  private static final KernelSet SCALAR = KernelSelection.scalar();

  private final Random random = new Random(1);

  /** What one kind of kernels does with two operands and an output, all of n elements. */
  @FunctionalInterface
  private interface FloatUse {
    void apply(FloatRows rows, float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n);
  }

  private void floats(FloatUse use) {
    for (int n : Rows.lengths()) {
      for (boolean ugly : new boolean[] {false, true}) {
        float[] x = ugly ? Rows.uglyFloats(random, n) : Rows.floats(random, n);
        float[] y = ugly ? Rows.uglyFloats(random, n) : Rows.floats(random, n);
        float[] best = Rows.floats(random, n);
        float[] scalar = best.clone();
        int xAt = random.nextInt(MARGIN);
        int toAt = random.nextInt(MARGIN);
        use.apply(BEST.floats(), x, xAt, y, MARGIN, best, toAt, n);
        use.apply(SCALAR.floats(), x, xAt, y, MARGIN, scalar, toAt, n);
        assertArrayEquals(scalar, best, () -> "n = " + n + (ugly ? ", ugly" : ""));
      }
    }
  }

  @FunctionalInterface
  private interface DoubleUse {
    void apply(
        DoubleRows rows, double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n);
  }

  private void doubles(DoubleUse use) {
    for (int n : Rows.lengths()) {
      for (boolean ugly : new boolean[] {false, true}) {
        double[] x =
            Rows.doubles(random, ugly ? Rows.uglyFloats(random, n) : Rows.floats(random, n));
        double[] y = Rows.doubles(random, Rows.floats(random, n));
        double[] best = Rows.doubles(random, Rows.floats(random, n));
        double[] scalar = best.clone();
        int xAt = random.nextInt(MARGIN);
        int toAt = random.nextInt(MARGIN);
        use.apply(BEST.doubles(), x, xAt, y, MARGIN, best, toAt, n);
        use.apply(SCALAR.doubles(), x, xAt, y, MARGIN, scalar, toAt, n);
        assertArrayEquals(scalar, best, () -> "n = " + n + (ugly ? ", ugly" : ""));
      }
    }
  }

  @FunctionalInterface
  private interface LongUse {
    void apply(LongRows rows, long[] x, int xAt, long[] y, int yAt, long[] to, int toAt, int n);
  }

  private void longs(LongUse use) {
    for (int n : Rows.lengths()) {
      long[] x = Rows.longs(random, n);
      long[] y = Rows.longs(random, n);
      long[] best = Rows.longs(random, n);
      long[] scalar = best.clone();
      int xAt = random.nextInt(MARGIN);
      int toAt = random.nextInt(MARGIN);
      use.apply(BEST.longs(), x, xAt, y, MARGIN, best, toAt, n);
      use.apply(SCALAR.longs(), x, xAt, y, MARGIN, scalar, toAt, n);
      assertArrayEquals(scalar, best, () -> "n = " + n);
    }
  }

  @Test
  void randomWords() {
    longs((r, x, _, y, _, to, o, n) -> r.random(x[0], y[0], x[1], to, o, n));
    longs((r, x, _, _, _, to, o, n) -> r.random(x[0], 3, (1L << 32) - 5, to, o, n));
  }

  @Test
  void sums() {
    floats((r, x, at, _, _, to, o, n) -> put(r.sum(x, at, n), to, o));
    doubles((r, x, at, _, _, to, o, n) -> put(r.sum(x, at, n), to, o));
    longs((r, x, at, _, _, to, o, _) -> to[o] = r.sum(x, at, x.length - MARGIN - at));
  }

  @Test
  void dots() {
    floats((r, x, at, y, yAt, to, o, n) -> put(r.dot(x, at, y, yAt, n), to, o));
    doubles((r, x, at, y, yAt, to, o, n) -> put(r.dot(x, at, y, yAt, n), to, o));
    longs((r, x, at, y, yAt, to, o, n) -> to[o] = r.dot(x, at, y, yAt, n));
  }

  /** All bits of a result, as three floats that hold 22 bits each exactly. */
  private static void put(double value, float[] to, int at) {
    long bits = Double.doubleToLongBits(value);
    for (int i = 0; i < 3; i++) {
      to[at + i] = bits >>> (22 * i) & 0x3fffff;
    }
  }

  private static void put(double value, double[] to, int at) {
    to[at] = value;
  }

  @Test
  void fills() {
    floats((r, _, _, _, _, to, o, n) -> r.fill(2.5f, to, o, n));
    doubles((r, _, _, _, _, to, o, n) -> r.fill(2.5, to, o, n));
    longs((r, _, _, _, _, to, o, n) -> r.fill(25, to, o, n));
  }

  @Test
  void additions() {
    floats((r, x, at, _, _, to, o, n) -> r.add(x, at, to, o, n));
    doubles((r, x, at, _, _, to, o, n) -> r.add(x, at, to, o, n));
    longs((r, x, at, _, _, to, o, n) -> r.add(x, at, to, o, n));
    floats((r, x, at, y, yAt, to, o, n) -> r.add(x, at, y, yAt, to, o, n));
    doubles((r, x, at, y, yAt, to, o, n) -> r.add(x, at, y, yAt, to, o, n));
    longs((r, x, at, y, yAt, to, o, n) -> r.add(x, at, y, yAt, to, o, n));
  }

  @Test
  void products() {
    floats((r, x, at, y, yAt, to, o, n) -> r.multiply(x, at, y, yAt, to, o, n));
    doubles((r, x, at, y, yAt, to, o, n) -> r.multiply(x, at, y, yAt, to, o, n));
    longs((r, x, at, y, yAt, to, o, n) -> r.multiply(x, at, y, yAt, to, o, n));
  }

  @Test
  void productsOfSomeRowsWithAMatrix() {
    for (int n : Rows.lengths()) {
      if (n < 300) {
        for (int m = 1; m <= 8; m++) {
          int k = random.nextInt(11);
          float[] a = Rows.floats(random, m * (k + 1));
          float[] b = Rows.floats(random, (k + 1) * (n + 2));
          float[] best = Rows.floats(random, m * (n + 3));
          float[] scalar = best.clone();
          double[] wideA = Rows.doubles(random, a);
          double[] wideB = Rows.doubles(random, b);
          double[] wideBest = Rows.doubles(random, best);
          double[] wideScalar = wideBest.clone();
          BEST.floats().addProduct(m, n, k, a, 1, k + 1, b, 2, n + 2, best, 3, n + 3);
          SCALAR.floats().addProduct(m, n, k, a, 1, k + 1, b, 2, n + 2, scalar, 3, n + 3);
          assertArrayEquals(scalar, best, m + " rows of " + n);
          BEST.doubles().addProduct(m, n, k, wideA, 1, k + 1, wideB, 2, n + 2, wideBest, 3, n + 3);
          SCALAR
              .doubles()
              .addProduct(m, n, k, wideA, 1, k + 1, wideB, 2, n + 2, wideScalar, 3, n + 3);
          assertArrayEquals(wideScalar, wideBest, m + " rows of " + n);
        }
      }
    }
  }

  @Test
  void scalings() {
    floats((r, x, at, _, _, to, o, n) -> r.scale(-1.1f, x, at, to, o, n));
    doubles((r, x, at, _, _, to, o, n) -> r.scale(-1.1, x, at, to, o, n));
    longs((r, x, at, _, _, to, o, n) -> r.scale(-11, x, at, to, o, n));
    floats((r, x, at, _, _, to, o, n) -> r.axpy(-1.1f, x, at, to, o, n));
    doubles((r, x, at, _, _, to, o, n) -> r.axpy(-1.1, x, at, to, o, n));
    longs((r, x, at, _, _, to, o, n) -> r.axpy(-11, x, at, to, o, n));
    for (int b : new int[] {0, 1, 3}) {
      floats((r, x, at, _, _, to, o, n) -> r.axpby(-1.1f, x, at, b / 3f, to, o, n));
      doubles((r, x, at, _, _, to, o, n) -> r.axpby(-1.1, x, at, b / 3d, to, o, n));
      longs((r, x, at, _, _, to, o, n) -> r.axpby(-11, x, at, b, to, o, n));
    }
  }

  @Test
  void maxima() {
    BiConsumer<Integer, Runnable> ifAny =
        (n, use) -> {
          if (n > 0) {
            use.run();
          }
        };
    floats((r, x, at, _, _, to, o, n) -> ifAny.accept(n, () -> to[o] = r.max(x, at, n)));
    doubles((r, x, at, _, _, to, o, n) -> ifAny.accept(n, () -> to[o] = r.max(x, at, n)));
    longs((r, x, at, _, _, to, o, n) -> ifAny.accept(n, () -> to[o] = r.max(x, at, n)));
    floats((r, x, at, _, _, to, o, n) -> r.relu(x, at, to, o, n));
    floats((r, x, at, y, yAt, to, o, n) -> r.wherePositive(x, at, y, yAt, to, o, n));
    doubles((r, x, at, y, yAt, to, o, n) -> r.wherePositive(x, at, y, yAt, to, o, n));
    doubles((r, x, at, _, _, to, o, n) -> r.relu(x, at, to, o, n));
    longs((r, x, at, _, _, to, o, n) -> r.relu(x, at, to, o, n));
  }

  @Test
  void minimaAndWhereTheyAre() {
    for (int n : Rows.lengths()) {
      if (n > 0) {
        float[] x = n % 2 == 0 ? Rows.floats(random, n) : Rows.uglyFloats(random, n);
        double[] wide = Rows.doubles(random, x);
        long[] longs = Rows.longs(random, n);
        for (int k = 0; k < n; k += 1 + n / 9) {
          float value = x[3 + k];
          double wideValue = wide[3 + k];
          assertEquals(SCALAR.floats().first(x, 3, n, value), BEST.floats().first(x, 3, n, value));
          assertEquals(
              SCALAR.doubles().first(wide, 3, n, wideValue),
              BEST.doubles().first(wide, 3, n, wideValue));
          assertEquals(
              SCALAR.longs().first(longs, 3, n, longs[3 + k]),
              BEST.longs().first(longs, 3, n, longs[3 + k]));
        }
        assertEquals(n, BEST.floats().first(x, 3, n, 12345.678f));
        assertEquals(SCALAR.floats().min(x, 3, n), BEST.floats().min(x, 3, n));
        assertEquals(SCALAR.doubles().min(wide, 3, n), BEST.doubles().min(wide, 3, n));
        assertEquals(SCALAR.longs().min(longs, 3, n), BEST.longs().min(longs, 3, n));
      }
    }
  }

  @Test
  void extremesOfZerosAndOfNanAtEachPlace() {
    for (int n = 1; n < 140; n++) {
      float[] x = new float[n];
      double[] wide = new double[n];
      for (int at = 0; at < n; at++) {
        for (float value : new float[] {-0f, Float.NaN}) {
          x[at] = value;
          wide[at] = value;
          assertEquals(SCALAR.floats().max(x, 0, n), BEST.floats().max(x, 0, n));
          assertEquals(SCALAR.floats().min(x, 0, n), BEST.floats().min(x, 0, n));
          assertEquals(SCALAR.doubles().max(wide, 0, n), BEST.doubles().max(wide, 0, n));
          assertEquals(SCALAR.doubles().min(wide, 0, n), BEST.doubles().min(wide, 0, n));
        }
        x[at] = 0;
        wide[at] = 0;
      }
    }
  }

  @Test
  void productsOfColumns() {
    for (int n : Rows.lengths()) {
      float[] x = Rows.floats(random, 6 * (n + 1));
      double[] wide = Rows.doubles(random, x);
      double[] best = Rows.doubles(random, Rows.floats(random, n));
      double[] scalar = best.clone();
      BEST.floats().multiplyByRows(x, 2, n + 1, 6, best, 3, n);
      SCALAR.floats().multiplyByRows(x, 2, n + 1, 6, scalar, 3, n);
      assertArrayEquals(scalar, best);
      BEST.doubles().multiplyByRows(wide, 2, n + 1, 6, best, 3, n);
      SCALAR.doubles().multiplyByRows(wide, 2, n + 1, 6, scalar, 3, n);
      assertArrayEquals(scalar, best);
    }
  }

  @Test
  void theFirstOneIsThatOfTheDefinition() {
    float[] x = {9, 3, Float.NaN, -0f, 3, 0, Float.NaN};
    for (KernelSet kernels : new KernelSet[] {BEST, SCALAR}) {
      assertEquals(0, kernels.floats().first(x, 1, 6, 3));
      assertEquals(1, kernels.floats().first(x, 1, 6, Float.NaN));
      assertEquals(2, kernels.floats().first(x, 1, 6, 0));
      assertEquals(6, kernels.floats().first(x, 1, 6, 7));
      assertEquals(-0f, kernels.floats().min(x, 3, 3));
      assertEquals(Float.NaN, kernels.floats().min(x, 0, 6));
    }
  }

  @Test
  void elementsBelowAndAboveABoundInTheirOrder() {
    for (int n : Rows.lengths()) {
      float[] x = Rows.floats(random, n);
      double[] wide = Rows.doubles(random, x);
      float bound = n == 0 ? 0 : x[3 + n / 2];
      float[] below = new float[n];
      float[] above = x.clone();
      float[] expected = new float[n];
      int count = 0;
      for (int i = 0; i < n; i++) {
        if (x[3 + i] < bound) {
          expected[count++] = x[3 + i];
        }
      }
      assertEquals(count, BEST.floats().below(x, 3, n, bound, below, 0));
      assertEquals(-1, Arrays.mismatch(expected, 0, count, below, 0, count), "n = " + n);
      count = 0;
      for (int i = 0; i < n; i++) {
        if (x[3 + i] > bound) {
          expected[count++] = x[3 + i];
        }
      }
      // In place.
      assertEquals(count, BEST.floats().above(above, 3, n, bound, above, 3));
      assertEquals(-1, Arrays.mismatch(expected, 0, count, above, 3, 3 + count), "n = " + n);
      double wideBound = bound;
      double[] best = new double[n];
      double[] scalar = new double[n];
      int some = SCALAR.doubles().below(wide, 3, n, wideBound, scalar, 0);
      assertEquals(some, BEST.doubles().below(wide, 3, n, wideBound, best, 0));
      assertEquals(-1, Arrays.mismatch(scalar, 0, some, best, 0, some));
      some = SCALAR.doubles().above(wide, 3, n, wideBound, scalar, 0);
      assertEquals(some, BEST.doubles().above(wide, 3, n, wideBound, best, 0));
      assertEquals(-1, Arrays.mismatch(scalar, 0, some, best, 0, some));
    }
  }

  @Test
  void finishedRows() {
    for (boolean relu : new boolean[] {false, true}) {
      floats((r, x, at, _, _, to, o, n) -> r.finish(-1.5f, x, at, relu, to, o, n));
      floats((r, _, _, _, _, to, o, n) -> r.finish(1, -0.25f, relu, to, o, n));
      doubles((r, x, at, _, _, to, o, n) -> r.finish(-1.5, x, at, relu, to, o, n));
      doubles((r, _, _, _, _, to, o, n) -> r.finish(1, -0.25, relu, to, o, n));
      longs((r, x, at, _, _, to, o, n) -> r.finish(-3, x, at, relu, to, o, n));
      longs((r, _, _, _, _, to, o, n) -> r.finish(1, -7, relu, to, o, n));
    }
  }

  @Test
  void valuesArePassedWherePositiveAlone() {
    float[] x = new float[48];
    float[] y = new float[48];
    float[] expected = new float[48];
    float[] given = {Float.NaN, -0f, 0, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 3};
    for (int i = 0; i < x.length; i++) {
      x[i] = given[i % given.length];
      y[i] = i % 5 == 0 ? Float.NEGATIVE_INFINITY : -i;
      expected[i] = x[i] > 0 ? y[i] : 0;
    }
    BEST.floats().wherePositive(x, 0, y, 0, y, 0, y.length);
    assertArrayEquals(expected, y);
  }

  @Test
  void aFinishedNanStaysNanAndNothingIsCutWithoutRelu() {
    float[] given = {Float.NaN, -0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -2, 3};
    float[] row = new float[48];
    for (int i = 0; i < row.length; i++) {
      row[i] = given[i % given.length];
    }
    float[] kept = row.clone();
    BEST.floats().finish(1, 0, false, kept, 0, row.length);
    BEST.floats().finish(1, 0, true, row, 0, row.length);
    for (int i = 0; i < row.length; i++) {
      assertEquals(given[i % given.length] + 0f, kept[i]);
      assertEquals(Math.max(given[i % given.length], 0f), row[i]);
    }
  }

  @Test
  void exponentials() {
    floats((r, x, at, _, _, to, o, n) -> r.exp(x, at, to, o, n));
    doubles((r, x, at, _, _, to, o, n) -> r.exp(x, at, to, o, n));
  }

  @Test
  void softmaxes() {
    floats(
        (r, x, at, _, _, to, o, n) -> {
          if (n > 0) {
            r.softmax(x, at, 0, 1, to, o, 0, n);
          }
        });
    doubles(
        (r, x, at, _, _, to, o, n) -> {
          if (n > 0) {
            r.softmax(x, at, 0, 1, to, o, 0, n);
          }
        });
  }

  @Test
  void anInputRowMayBeTheOutputRow() {
    floats((r, _, _, _, _, to, o, n) -> r.exp(to, o, to, o, n));
    floats((r, _, _, _, _, to, o, n) -> r.softmax(to, o, 0, 1, to, o, 0, Math.max(n, 1)));
    floats((r, _, _, _, _, to, o, n) -> r.multiply(to, o, to, o, to, o, n));
    floats((r, _, _, _, _, to, o, n) -> r.relu(to, o, to, o, n));
    doubles((r, _, _, _, _, to, o, n) -> r.exp(to, o, to, o, n));
  }

  @Test
  void sumsOfSeveralRowsAreThoseOfEach() {
    for (int n : Rows.lengths()) {
      int count = random.nextInt(10);
      int step = n + random.nextInt(3);
      int yStep = random.nextBoolean() ? 0 : step;
      float[] x = Rows.floats(random, count * step);
      float[] y = Rows.floats(random, count * step + n);
      double[] wideX = Rows.doubles(random, x);
      double[] wideY = Rows.doubles(random, y);
      long[] longX = Rows.longs(random, count * step);
      long[] longY = Rows.longs(random, count * step + n);
      for (KernelSet kernels : new KernelSet[] {BEST, SCALAR}) {
        double[] lanes = new double[Sums.ROOM];
        double[] sums = new double[count + 1];
        double[] dots = new double[count + 1];
        kernels.floats().sums(x, 2, step, n, count, sums, 1, lanes);
        kernels.floats().dots(x, 1, step, y, 3, yStep, n, count, dots, 1, lanes);
        double[] wideSums = new double[count + 1];
        double[] wideDots = new double[count + 1];
        kernels.doubles().sums(wideX, 2, step, n, count, wideSums, 1, lanes);
        kernels.doubles().dots(wideX, 1, step, wideY, 3, yStep, n, count, wideDots, 1, lanes);
        long[] longSums = new long[count + 1];
        long[] longDots = new long[count + 1];
        kernels.longs().sums(longX, 2, step, n, count, longSums, 1, longSums);
        kernels.longs().dots(longX, 1, step, longY, 3, yStep, n, count, longDots, 1, longDots);
        assertEquals(0, sums[0] + dots[0] + wideSums[0] + wideDots[0]);
        assertEquals(0, longSums[0] + longDots[0]);
        for (int r = 0; r < count; r++) {
          int xAt = r * step;
          int yAt = 3 + r * yStep;
          assertEquals(SCALAR.floats().sum(x, 2 + xAt, n), sums[1 + r]);
          assertEquals(SCALAR.floats().dot(x, 1 + xAt, y, yAt, n), dots[1 + r]);
          assertEquals(SCALAR.doubles().sum(wideX, 2 + xAt, n), wideSums[1 + r]);
          assertEquals(SCALAR.doubles().dot(wideX, 1 + xAt, wideY, yAt, n), wideDots[1 + r]);
          assertEquals(SCALAR.longs().sum(longX, 2 + xAt, n), longSums[1 + r]);
          assertEquals(SCALAR.longs().dot(longX, 1 + xAt, longY, yAt, n), longDots[1 + r]);
        }
      }
    }
  }

  /** Wherever the rows begin and end in it. */
  @Test
  void termsApartAreSummedInTheSameOrder() {
    for (int n : Rows.lengths()) {
      int stride = 3;
      int count = 3;
      int step = n * stride + 1;
      float[] x = Rows.floats(random, count * step);
      double[] wide = Rows.doubles(random, x);
      float[] row = new float[n];
      double[] wideRow = new double[n];
      double[] lanes = new double[Sums.ROOM];
      double[] sums = new double[count + 1];
      double[] wideSums = new double[count + 1];
      FloatStridedSums.sums(x, MARGIN, step, stride, n, count, sums, 1, lanes);
      DoubleStridedSums.sums(wide, MARGIN, step, stride, n, count, wideSums, 1, lanes);
      for (int r = 0; r < count; r++) {
        for (int i = 0; i < n; i++) {
          row[i] = x[MARGIN + r * step + i * stride];
          wideRow[i] = wide[MARGIN + r * step + i * stride];
        }
        assertEquals(BEST.floats().sum(row, 0, n), sums[1 + r]);
        assertEquals(BEST.doubles().sum(wideRow, 0, n), wideSums[1 + r]);
      }
    }
  }

  @Test
  void rowsOfALongArrayAreSummedInTheSameOrder() {
    float[] x = Rows.floats(random, 1 << 18);
    float[] y = Rows.floats(random, 1 << 18);
    double[] wideX = Rows.doubles(random, x);
    double[] wideY = Rows.doubles(random, y);
    double[] lanes = new double[Sums.ROOM];
    for (int trial = 0; trial < 200; trial++) {
      int n = Sums.BLOCK + random.nextInt(3 * Sums.BLOCK);
      int step = random.nextBoolean() ? n + random.nextInt(3) : Math.ceilDiv(n, 16) * 16;
      int count = Math.min(1 + random.nextInt(90), (x.length - n - 15) / step);
      int end = (count - 1) * step + n;
      int xAt = trial % 3 == 0 ? x.length - end : random.nextInt(16);
      int yAt = trial % 3 == 1 ? y.length - end : random.nextInt(16);
      double[] sums = new double[count];
      double[] dots = new double[count];
      BEST.floats().sums(x, xAt, step, n, count, sums, 0, lanes);
      BEST.floats().dots(x, xAt, step, y, yAt, step, n, count, dots, 0, lanes);
      double[] wideSums = new double[count];
      double[] wideDots = new double[count];
      BEST.doubles().sums(wideX, xAt, step, n, count, wideSums, 0, lanes);
      BEST.doubles().dots(wideX, xAt, step, wideY, yAt, step, n, count, wideDots, 0, lanes);
      for (int r = 0; r < count; r++) {
        int xRow = xAt + r * step;
        int yRow = yAt + r * step;
        assertEquals(SCALAR.floats().sum(x, xRow, n), sums[r]);
        assertEquals(SCALAR.floats().dot(x, xRow, y, yRow, n), dots[r]);
        assertEquals(SCALAR.doubles().sum(wideX, xRow, n), wideSums[r]);
        assertEquals(SCALAR.doubles().dot(wideX, xRow, wideY, yRow, n), wideDots[r]);
      }
    }
  }

  @Test
  void rowsAddedUpColumnByColumn() {
    for (int n : Rows.lengths()) {
      int count = random.nextInt(10);
      int step = random.nextInt(3) * n;
      float[] x = Rows.uglyFloats(random, 2 * n + count * step);
      float[] y = Rows.uglyFloats(random, 2 * n + count * step + count);
      double[] best = Rows.doubles(random, Rows.floats(random, n));
      double[] scalar = best.clone();
      addUp(BEST.floats(), x, y, step, count, best, n);
      addUp(SCALAR.floats(), x, y, step, count, scalar, n);
      assertArrayEquals(scalar, best, () -> "n = " + n);
      float[] bestNarrow = Rows.floats(random, n);
      float[] scalarNarrow = bestNarrow.clone();
      BEST.floats().narrow(best, 1, bestNarrow, 3, n);
      SCALAR.floats().narrow(best, 1, scalarNarrow, 3, n);
      assertArrayEquals(scalarNarrow, bestNarrow, () -> "n = " + n);
      double[] wideX = Rows.doubles(random, x);
      double[] wideY = Rows.doubles(random, y);
      addUp(BEST.doubles(), wideX, wideY, step, count, best, n);
      addUp(SCALAR.doubles(), wideX, wideY, step, count, scalar, n);
      assertArrayEquals(scalar, best, () -> "n = " + n);
      long[] longX = Rows.longs(random, 2 * n + count * step);
      long[] longY = Rows.longs(random, 2 * n + count * step + count);
      long[] bestLongs = Rows.longs(random, n);
      long[] scalarLongs = bestLongs.clone();
      addUp(BEST.longs(), longX, longY, step, count, bestLongs, n);
      addUp(SCALAR.longs(), longX, longY, step, count, scalarLongs, n);
      assertArrayEquals(scalarLongs, bestLongs, () -> "n = " + n);
    }
  }

  private static void addUp(
      FloatRows rows, float[] x, float[] y, int step, int count, double[] to, int n) {
    rows.addRows(x, 1, step, count, to, 2, n);
    rows.multiplyAddRows(x, 2, step, y, 3, step, count, to, 1, n);
    rows.axpyRows(x, 3, step, y, 1, 1, count, to, 3, n);
  }

  private static void addUp(
      DoubleRows rows, double[] x, double[] y, int step, int count, double[] to, int n) {
    rows.addRows(x, 1, step, count, to, 2, n);
    rows.multiplyAddRows(x, 2, step, y, 3, step, count, to, 1, n);
    rows.axpyRows(x, 3, step, y, 1, 1, count, to, 3, n);
  }

  private static void addUp(
      LongRows rows, long[] x, long[] y, int step, int count, long[] to, int n) {
    rows.addRows(x, 1, step, count, to, 2, n);
    rows.multiplyAddRows(x, 2, step, y, 3, step, count, to, 1, n);
    rows.axpyRows(x, 3, step, y, 1, 1, count, to, 3, n);
  }

  @Test
  void transpositions() {
    for (int round = 0; round < 300; round++) {
      int rows = random.nextInt(40);
      int columns = random.nextInt(40);
      int xStride = columns + random.nextInt(3);
      int toStride = rows + random.nextInt(3);
      float[] x = Rows.floats(random, rows * xStride);
      float[] best = Rows.floats(random, columns * toStride);
      float[] scalar = best.clone();
      BEST.floats().transpose(x, 1, xStride, rows, columns, best, 2, toStride);
      SCALAR.floats().transpose(x, 1, xStride, rows, columns, scalar, 2, toStride);
      assertArrayEquals(scalar, best, () -> rows + " by " + columns);
      double[] wide = Rows.doubles(random, x);
      double[] bestWide = Rows.doubles(random, best);
      double[] scalarWide = bestWide.clone();
      BEST.doubles().transpose(wide, 1, xStride, rows, columns, bestWide, 2, toStride);
      SCALAR.doubles().transpose(wide, 1, xStride, rows, columns, scalarWide, 2, toStride);
      assertArrayEquals(scalarWide, bestWide, () -> rows + " by " + columns);
      long[] longs = Rows.longs(random, rows * xStride);
      long[] bestLongs = Rows.longs(random, columns * toStride);
      long[] scalarLongs = bestLongs.clone();
      BEST.longs().transpose(longs, 1, xStride, rows, columns, bestLongs, 2, toStride);
      SCALAR.longs().transpose(longs, 1, xStride, rows, columns, scalarLongs, 2, toStride);
      assertArrayEquals(scalarLongs, bestLongs, () -> rows + " by " + columns);
    }
  }

  @Test
  void aTransposedBlockIsDealtOutAsByPlainLoops() {
    Random random = new Random(11);
    for (int round = 0; round < 200; round++) {
      int rows = random.nextInt(40);
      int columns = random.nextInt(40);
      int xStride = columns + random.nextInt(5);
      int[] toAt = new int[3 + columns];
      for (int j = 0; j < columns; j++) {
        toAt[3 + j] = (columns - 1 - j) * (rows + 1);
      }
      float[] x = Rows.floats(random, 1 + rows * xStride + columns);
      float[] best = Rows.floats(random, 2 + columns * (rows + 1));
      float[] scalar = best.clone();
      BEST.floats().scatter(x, 1, xStride, rows, columns, best, 2, toAt, 3);
      SCALAR.floats().scatter(x, 1, xStride, rows, columns, scalar, 2, toAt, 3);
      assertArrayEquals(scalar, best, () -> rows + " by " + columns);
      double[] wide = Rows.doubles(random, x);
      double[] bestWide = Rows.doubles(random, best);
      double[] scalarWide = bestWide.clone();
      BEST.doubles().scatter(wide, 1, xStride, rows, columns, bestWide, 2, toAt, 3);
      SCALAR.doubles().scatter(wide, 1, xStride, rows, columns, scalarWide, 2, toAt, 3);
      assertArrayEquals(scalarWide, bestWide, () -> rows + " by " + columns);
      long[] longs = Rows.longs(random, x.length);
      long[] bestLongs = Rows.longs(random, best.length);
      long[] scalarLongs = bestLongs.clone();
      BEST.longs().scatter(longs, 1, xStride, rows, columns, bestLongs, 2, toAt, 3);
      SCALAR.longs().scatter(longs, 1, xStride, rows, columns, scalarLongs, 2, toAt, 3);
      assertArrayEquals(scalarLongs, bestLongs, () -> rows + " by " + columns);
    }
  }

  @Test
  void everyBf16IsWidenedAndEveryNeighbourhoodOfOneNarrowed() {
    short[] all = new short[1 << 16];
    for (int i = 0; i < all.length; i++) {
      all[i] = (short) i;
    }
    float[] best = new float[all.length];
    float[] scalar = new float[all.length];
    BEST.bf16().widen(all, 0, best, 0, all.length);
    SCALAR.bf16().widen(all, 0, scalar, 0, all.length);
    for (int i = 0; i < all.length; i++) {
      assertEquals(Float.floatToRawIntBits(scalar[i]), Float.floatToRawIntBits(best[i]));
    }
    for (int below : new int[] {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff}) {
      float[] near = new float[all.length];
      for (int i = 0; i < all.length; i++) {
        near[i] = Float.intBitsToFloat(i << 16 | below);
      }
      short[] bestBits = new short[all.length];
      short[] scalarBits = new short[all.length];
      BEST.bf16().narrow(near, 3, bestBits, 2, all.length - 5);
      SCALAR.bf16().narrow(near, 3, scalarBits, 2, all.length - 5);
      assertArrayEquals(scalarBits, bestBits);
    }
  }
}
