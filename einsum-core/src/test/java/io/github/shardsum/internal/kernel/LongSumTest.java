package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The promise on long sums: 1e7 terms of f32 within 1e-6 of the sum of absolute terms. */
class LongSumTest {
  private static final int N = 10_000_000;

  @Test
  void tenMillionTermsStayWithinTheBound() {
    float[] x = new float[N];
    float[] y = new float[N];
    Random random = new Random(4);
    for (int i = 0; i < N; i++) {
      x[i] = random.nextFloat();
      y[i] = random.nextFloat() + 0.5f;
    }
    Exact sum = new Exact();
    Exact dot = new Exact();
    for (int i = 0; i < N; i++) {
      sum.add(x[i]);
      // The product of two f32 is exact in f64.
      dot.add((double) x[i] * y[i]);
    }
    FloatRows rows = KernelSelection.best().floats();
    assertTrue(Math.abs(rows.sum(x, 0, N) - sum.value()) <= 1e-6 * sum.value());
    assertTrue(Math.abs(rows.dot(x, 0, y, 0, N) - dot.value()) <= 1e-6 * dot.value());
  }

  @Test
  void theWorstRoundingOfEveryTermStaysWithinTheBound() {
    // Each partial sum of a chain of 1 + eps's is just above a tie, so each is rounded up.
    float[] x = new float[1 << 20];
    java.util.Arrays.fill(x, Math.nextUp(1f));
    double exact = (double) Math.nextUp(1f) * x.length;
    assertTrue(
        Math.abs(KernelSelection.best().floats().sum(x, 0, x.length) - exact) <= 1e-6 * exact);
  }

  @Test
  void aLargeTermAmongSmallOnesLosesNoneOfThem() {
    float[] x = new float[N];
    java.util.Arrays.fill(x, 1f);
    // A running sum in f32 would stop at 2^24.
    assertEquals(1e7, KernelSelection.best().floats().sum(x, 0, N));
  }

  /** Neumaier's sum, exact to two f64. */
  private static final class Exact {
    private double sum;
    private double lost;

    void add(double term) {
      double next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? (sum - next) + term : (term - next) + sum;
      sum = next;
    }

    double value() {
      return sum + lost;
    }
  }
}
