package io.github.shardsum.internal.selection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.kernel.Fma;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.ops.KernelInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The choice is that of the JVM the tests run in, and says so. */
class KernelSelectionTest {
  private static final String MODE = System.getProperty("shardsum.test.mode");

  @Test
  void theWidthIsThatOfTheMode() {
    KernelSet best = KernelSelection.best();
    if (MODE.equals("scalar") || !Fma.IN_HARDWARE) {
      assertSame(KernelSelection.scalar(), best);
    } else {
      assertEquals("vector-" + best.bits(), best.name());
      assertTrue(best.bits() >= 128 && best.bits() <= 512);
    }
    if (MODE.equals("128")) {
      assertEquals(128, best.bits());
    }
  }

  @Test
  void theChoiceIsMadeOnce() {
    assertSame(KernelSelection.best(), KernelSelection.best());
    assertSame(KernelSelection.made().kernels(), KernelSelection.best());
  }

  @Test
  void anUnknownWishIsWarnedOf() {
    for (String known : List.of("", "scalar", "vector")) {
      assertEquals(Optional.empty(), KernelSelection.complaint(known));
    }
    assertEquals(
        Optional.of("shardsum.kernels: expected scalar or vector, got \"Vector\"; it is ignored"),
        KernelSelection.complaint("Vector"));
  }

  @Test
  void theInfoHasAWidth() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> new KernelInfo("scalar", -1, "none", Optional.empty()));
    assertEquals(
        "kernels: expected vectors of at least 0 bits, 0 for scalar, got -1", thrown.getMessage());
    assertThrows(
        NullPointerException.class, () -> new KernelInfo("scalar", 0, null, Optional.empty()));
  }

  @Test
  void theInfoNamesTheRemedyWhereTheModuleIsMissing() {
    KernelInfo info = KernelInfo.current();
    assertEquals(KernelSelection.best().name(), info.name());
    assertEquals(KernelSelection.best().bits(), info.vectorBits());
    assertFalse(info.reason().isEmpty());
    if (MODE.equals("scalar")) {
      assertTrue(info.toString().contains("--add-modules jdk.incubator.vector"), info::toString);
    }
  }
}
