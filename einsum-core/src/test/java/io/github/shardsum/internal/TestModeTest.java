package io.github.shardsum.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/** The four runs of the tests are four: each JVM is what its mode says. */
class TestModeTest {
  private static final String MODE = System.getProperty("shardsum.test.mode");

  @Test
  void theJvmIsTheOneOfTheMode() {
    boolean incubator = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    switch (MODE) {
      case "scalar" -> assertFalse(incubator);
      case "128" -> assertEquals(128, Width.bits());
      case "256" -> assertTrue(Width.bits() <= 256);
      case "native" -> assertTrue(incubator);
      default -> throw new AssertionError("unknown mode " + MODE);
    }
  }

  /** Apart, since the class that names the Vector API does not load without its module. */
  private static final class Width {
    static int bits() {
      return FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }
  }
}
