package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

class ReachableBytesTest {
  private static final String HISTOGRAM =
      """
       num     #instances         #bytes  class name (module)
      -------------------------------------------------------
         1:            12        5000000  [F (java.base@25)
         2:             2        1200000  [Ljdk.internal.vm.FillerElement; (java.base@25)
         3:            40           1600  java.lang.String (java.base@25)
         4:             3             48  jdk.internal.vm.FillerObject (java.base@25)
      Total            57        6201648
      """;

  @Test
  void fillersOfTheCollectorAreNotCounted() {
    assertEquals(5_000_000 + 1_600, ReachableBytes.of(HISTOGRAM));
  }

  @Test
  void aHistogramWithoutATotalIsAnError() {
    assertThrows(IllegalStateException.class, () -> ReachableBytes.of("num #instances #bytes"));
  }

  /** A little above 20,000,000 bytes: those of other objects may become fewer meanwhile. */
  @Test
  void anArrayThatIsHeldIsCountedWhole() {
    long before = ReachableBytes.live();
    float[] held = new float[5_010_000];
    try {
      long more = ReachableBytes.live() - before;
      assertTrue(more >= 20_000_000 && more < 21_000_000, () -> more + " bytes");
    } finally {
      Reference.reachabilityFence(held);
    }
  }
}
