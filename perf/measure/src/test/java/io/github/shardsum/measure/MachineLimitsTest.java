package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import org.junit.jupiter.api.Test;

class MachineLimitsTest {
  /** How fast a machine is that has other work to do, no test can say. */
  @Test
  void limitsArePositiveRates() {
    MachineLimits limits = MachineLimits.measure(Workers.sequential());
    assertEquals(1, limits.threads());
    assertTrue(limits.multiplyAddFlops() > 0, limits.toString());
    assertTrue(Double.isFinite(limits.multiplyAddFlops()), limits.toString());
    assertTrue(limits.copyBytes() > 0, limits.toString());
    assertTrue(Double.isFinite(limits.copyBytes()), limits.toString());
  }

  @Test
  void theBetterOfTwoMeasurementsCounts() {
    MachineLimits first = new MachineLimits(2, 10, 5);
    assertEquals(new MachineLimits(2, 10, 7), first.orBetter(new MachineLimits(2, 8, 7)));
  }
}
