package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which products are worth more than one thread. */
class TaskGridTest {
  /** Threads of an executor take a usual time of 2.5 microseconds and 0.03 ns a byte. */
  private static final Workers TWO = Workers.of(2, Runnable::run);

  /**
   * A product of narrow vectors takes longer, so a smaller one is shared; so does one without
   * vectors.
   */
  @ParameterizedTest
  @CsvSource({
    "64, 32, false", "96, 32, false", "104, 32, true", "128, 32, true",
    "64, 16, false", "80, 16, true", "52, 4, true", "48, 4, false",
    "52, 1008, true", "48, 1008, false"
  })
  void cubesAreSharedFromASizeOn(long side, int width, boolean shares) {
    assertEquals(shares, TaskGrid.areWorthSharing(side * side * side, width, TWO));
  }

  @Test
  void productsAreFewThenDecidedByThreadsThenMany() {
    Workers one = Workers.sequential();
    for (long products = 1; products < 1L << 40; products *= 2) {
      boolean shares = TaskGrid.areWorthSharing(products, 32, TWO);
      assertFalse(shares && TaskGrid.areFew(products, 32));
      assertTrue(shares || !TaskGrid.areMany(products, 32));
      assertFalse(TaskGrid.areWorthSharing(products, 32, one));
    }
    assertTrue(TaskGrid.areFew(1 << 18, 32));
    assertTrue(TaskGrid.areMany(1 << 27, 32));
  }
}
