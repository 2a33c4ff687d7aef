package io.github.shardsum.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundingBoundTest {
  /** Sums of positive terms that all round up come near the bound, and none passes it. */
  @Test
  void noSumIsFurtherOffThanTheBound() {
    Random random = new Random(10);
    double worst = 0;
    for (int trial = 0; trial < 2000; trial++) {
      int terms = 1 + random.nextInt(200);
      float sum = 0;
      BigDecimal exact = BigDecimal.ZERO;
      BigDecimal magnitude = BigDecimal.ZERO;
      for (int i = 0; i < terms; i++) {
        float x = random.nextFloat() - random.nextInt(2);
        float y = random.nextFloat();
        sum += x * y;
        BigDecimal product = new BigDecimal(x).multiply(new BigDecimal(y));
        exact = exact.add(product);
        magnitude = magnitude.add(product.abs());
      }
      double bound = RoundingBound.ofSum(RoundingBound.F32, terms, magnitude.doubleValue());
      double error = exact.subtract(new BigDecimal(sum)).abs().doubleValue();
      assertTrue(error <= bound, () -> "off by " + error + " of " + bound);
      worst = Math.max(worst, error / bound);
    }
    assertTrue(worst > 0.1, "the bound is of use: " + worst);
  }

  @Test
  void aStoredValueIsRoundedOnceMore() {
    // 1 + 2^-8 lies half-way between two bf16.
    assertEquals(0x1p-8, RoundingBound.stored(0, RoundingBound.BF16, 1));
    assertEquals(0.5 + 0.25 * 2.5, RoundingBound.stored(0.5, 0.25, -2));
    assertEquals(0, RoundingBound.ofSum(RoundingBound.F32, 1e9, 0));
    assertEquals(Double.POSITIVE_INFINITY, RoundingBound.ofSum(RoundingBound.BF16, 256, 1));
  }
}
