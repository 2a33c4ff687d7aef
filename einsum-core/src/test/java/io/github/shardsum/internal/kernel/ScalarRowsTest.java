package io.github.shardsum.internal.kernel;

import static io.github.shardsum.internal.kernel.Rows.MARGIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.selection.KernelSelection;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scalar kernels, which the others are held to, against arithmetic written out. */
class ScalarRowsTest {
  private static final FloatRows FLOATS = KernelSelection.scalar().floats();
  private static final DoubleRows DOUBLES = KernelSelection.scalar().doubles();
  private static final LongRows LONGS = KernelSelection.scalar().longs();

  private final Random random = new Random(2);

  @Test
  void sumsAndDotsAreWithinTheirBoundForAnyLengthAndCancellation() {
    for (int n : Rows.lengths()) {
      float[] x = Rows.floats(random, n);
      float[] y = Rows.floats(random, n);
      BigDecimal sum = BigDecimal.ZERO;
      BigDecimal dot = BigDecimal.ZERO;
      double sumOfAbsolutes = 0;
      double dotOfAbsolutes = 0;
      for (int i = 0; i < n; i++) {
        BigDecimal term = new BigDecimal(x[i + 1]);
        BigDecimal product = term.multiply(new BigDecimal(y[i + 2]));
        sum = sum.add(term);
        dot = dot.add(product);
        sumOfAbsolutes += Math.abs(x[i + 1]);
        dotOfAbsolutes += Math.abs((double) x[i + 1] * y[i + 2]);
      }
      near(sum, FLOATS.sum(x, 1, n), 10 * 0x1p-24 * sumOfAbsolutes);
      near(dot, FLOATS.dot(x, 1, y, 2, n), 10 * 0x1p-24 * dotOfAbsolutes);
      double[] wideX = widened(x);
      double[] wideY = widened(y);
      near(sum, DOUBLES.sum(wideX, 1, n), 20 * 0x1p-53 * sumOfAbsolutes);
      near(dot, DOUBLES.dot(wideX, 1, wideY, 2, n), 20 * 0x1p-53 * dotOfAbsolutes);
    }
  }

  private static void near(BigDecimal exact, double got, double bound) {
    double error = exact.subtract(new BigDecimal(got)).abs().doubleValue();
    assertTrue(error <= bound, () -> got + " is " + error + " off, bound " + bound);
  }

  private static double[] widened(float[] x) {
    double[] wide = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      wide[i] = x[i];
    }
    return wide;
  }

  @Test
  void integersAreSummedExactlyInAnyOrder() {
    for (int n : Rows.lengths()) {
      float[] x = new float[n];
      long expected = 0;
      for (int i = 0; i < n; i++) {
        x[i] = random.nextInt(2001) - 1000;
        expected += (long) x[i];
      }
      assertEquals(expected, FLOATS.sum(x, 0, n));
    }
  }

  @Test
  void aSumOfNegativeZerosIsZeroAndOfNothingToo() {
    for (int n = 0; n < 70; n++) {
      float[] x = new float[n];
      java.util.Arrays.fill(x, -0f);
      assertEquals(0d, FLOATS.sum(x, 0, n));
    }
  }

  @Test
  void rowsAreCombinedElementByElement() {
    int n = 37;
    float[] x = Rows.floats(random, n);
    float[] y = Rows.floats(random, n);
    float[] old = Rows.floats(random, n);
    float[] added = old.clone();
    FLOATS.add(x, 1, added, 2, n);
    float[] product = old.clone();
    FLOATS.multiply(x, 1, y, 3, product, 2, n);
    float[] combined = old.clone();
    FLOATS.axpby(2f, x, 1, 3f, combined, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(old[2 + i] + x[1 + i], added[2 + i]);
      assertEquals(x[1 + i] * y[3 + i], product[2 + i]);
      float expected = Fma.multiplyAdd(2f, x[1 + i], 3f * old[2 + i]);
      assertEquals(expected, combined[2 + i]);
    }
    for (int i = n + 2; i < n + 2 * MARGIN; i++) {
      assertEquals(old[i], added[i]);
    }
  }

  @Test
  void aZeroFactorOfTheOldDoesNotReadIt() {
    float[] to = {Float.NaN, Float.POSITIVE_INFINITY};
    FLOATS.axpby(2f, new float[] {1, 2}, 0, 0f, to, 0, 2);
    assertArrayEquals(new float[] {2, 4}, to);
  }

  @Test
  void theMaximumOfARowWithNanIsNanAndReluKeepsIt() {
    assertTrue(Float.isNaN(FLOATS.max(new float[] {1, Float.NaN, 3}, 0, 3)));
    assertEquals(0f, FLOATS.max(new float[] {-0f, 0f}, 0, 2));
    assertEquals(-1, LONGS.max(new long[] {-5, -1, -3}, 0, 3));
    float[] to = new float[4];
    FLOATS.relu(new float[] {-1, Float.NaN, -0f, 2}, 0, to, 0, 4);
    assertArrayEquals(new float[] {0, Float.NaN, 0, 2}, to);
  }

  @Test
  void softmaxSumsToOneAndFollowsTheFormula() {
    for (int n : new int[] {1, 2, 8, 63, 64, 500}) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = (float) (random.nextGaussian() * 10);
      }
      float[] to = new float[n];
      FLOATS.softmax(x, 0, 0, 1, to, 0, 0, n);
      double max = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (float value : x) {
        max = Math.max(max, value);
      }
      for (float value : x) {
        sum += Math.exp(value - max);
      }
      for (int i = 0; i < n; i++) {
        // The difference is rounded to f32 before its exponential is taken, so the relative error
        // grows with it; the exponential, the sum and the product add four roundings at most.
        double expected = Math.exp(x[i] - max) / sum;
        double bound = expected * (4 + Math.abs(x[i] - max)) * 0x1p-24 + Float.MIN_VALUE;
        assertEquals(expected, to[i], bound);
      }
    }
  }

  @Test
  void softmaxOfInfinitiesIsThatOfTorch() {
    float inf = Float.POSITIVE_INFINITY;
    assertArrayEquals(new float[] {0, 0.5f, 0.5f}, softmax(-inf, 1, 1));
    assertArrayEquals(new float[] {Float.NaN, Float.NaN}, softmax(-inf, -inf));
    assertArrayEquals(new float[] {Float.NaN, Float.NaN}, softmax(inf, 1));
    assertArrayEquals(new float[] {Float.NaN, Float.NaN}, softmax(Float.NaN, 1));
    float negativeNan = Float.intBitsToFloat(0xffc00000);
    assertArrayEquals(new float[] {Float.NaN, Float.NaN}, softmax(negativeNan, 1));
  }

  private static float[] softmax(float... x) {
    // Long enough for vectors: the rest repeats the first element's absence, -infinity.
    float[] row = java.util.Arrays.copyOf(x, 40);
    java.util.Arrays.fill(row, x.length, row.length, Float.NEGATIVE_INFINITY);
    float[] best = new float[row.length];
    KernelSelection.best().floats().softmax(row, 0, 0, 1, best, 0, 0, row.length);
    float[] to = new float[x.length];
    FLOATS.softmax(x, 0, 0, 1, to, 0, 0, x.length);
    assertArrayEquals(to, java.util.Arrays.copyOf(best, x.length));
    return to;
  }

  @Test
  void aTranspositionMovesEachElementToItsPlace() {
    long[] x = Rows.longs(random, 7 * 9);
    long[] to = new long[10 * 9];
    LONGS.transpose(x, 3, 9, 7, 8, to, 1, 10);
    for (int i = 0; i < 7; i++) {
      for (int j = 0; j < 8; j++) {
        assertEquals(x[3 + i * 9 + j], to[1 + j * 10 + i]);
      }
    }
  }
}
