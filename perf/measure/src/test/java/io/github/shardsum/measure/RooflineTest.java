package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class RooflineTest {
  private static final CacheLevel SMALL = new CacheLevel("L1", 32 << 10, false);
  private static final CacheLevel LARGE = new CacheLevel("memory", Long.MAX_VALUE, true);
  private final Roofline roof =
      new Roofline(Workers.sequential(), 1_000_000, List.of(SMALL, LARGE));

  @Test
  void whatALargerFootprintReachedASmallerOneCan() {
    double large = roof.bytes(4 << 20, 0);
    assertTrue(roof.bytes(2 << 20, 0) >= large);
  }

  @Test
  void theLevelsAreMeasuredAtWhatTheyHold() {
    assertEquals(
        List.of("read L1", "triad L1", "copy L1", "fill L1"),
        roof.allBytes().keySet().stream().filter(name -> name.endsWith("L1")).toList());
  }

  @Test
  void ratesArePositive() {
    assertIsRate(roof.flops(DType.F32));
    assertIsRate(roof.flops(DType.F64));
    for (double written : new double[] {0, 0.2, 0.4, 0.8, 1}) {
      assertIsRate(roof.bytes(30_000, written));
    }
  }

  private static void assertIsRate(double rate) {
    assertTrue(rate > 0 && Double.isFinite(rate), "rate: " + rate);
  }
}
