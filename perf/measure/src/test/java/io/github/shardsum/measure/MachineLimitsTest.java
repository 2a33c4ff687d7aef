package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import org.junit.jupiter.api.Test;

class MachineLimitsTest {
  @Test
  void aMachineDoesBetweenAHundredMillionAndAHundredTrillionFlopsASecond() {
    MachineLimits limits = MachineLimits.measure(Workers.sequential());
    assertEquals(1, limits.threads());
    assertTrue(limits.multiplyAddFlops() > 1e8, limits.toString());
    assertTrue(limits.multiplyAddFlops() < 1e14, limits.toString());
    assertTrue(limits.copyBytes() > 1e7, limits.toString());
    assertTrue(limits.copyBytes() < 1e13, limits.toString());
  }

  @Test
  void theBetterOfTwoMeasurementsCounts() {
    MachineLimits first = new MachineLimits(2, 10, 5);
    assertEquals(new MachineLimits(2, 10, 7), first.orBetter(new MachineLimits(2, 8, 7)));
  }
}
