package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.ops.KernelInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The choice is that of the JVM the tests run in, and says so. */
class KernelsTest {
  private static final String MODE = System.getProperty("shardsum.test.mode");

  @Test
  void theWidthIsThatOfTheMode() {
    Kernels best = Kernels.best();
    if (MODE.equals("scalar") || !Fma.IN_HARDWARE) {
      assertSame(Kernels.scalar(), best);
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
    assertSame(Kernels.best(), Kernels.best());
    assertSame(Kernels.choice().kernels(), Kernels.best());
  }

  @Test
  void anUnknownWishIsWarnedOf() {
    for (String known : List.of("", "scalar", "vector")) {
      assertEquals(Optional.empty(), KernelSelection.complaint(known));
    }
    assertEquals(
        Optional.of("shardsum.kernels: scalar or vector is wanted, got \"Vector\"; it is ignored"),
        KernelSelection.complaint("Vector"));
  }

  @Test
  void theInfoHasAWidth() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> new KernelInfo("scalar", -1, "none", Optional.empty()));
    assertEquals(
        "kernels: vectors of at least 0 bits, 0 for scalar, are wanted, got -1",
        thrown.getMessage());
    assertThrows(
        NullPointerException.class, () -> new KernelInfo("scalar", 0, null, Optional.empty()));
  }

  @Test
  void theInfoNamesTheRemedyWhereTheModuleIsMissing() {
    KernelInfo info = KernelInfo.current();
    assertEquals(Kernels.best().name(), info.name());
    assertEquals(Kernels.best().bits(), info.vectorBits());
    assertFalse(info.reason().isEmpty());
    if (MODE.equals("scalar")) {
      assertTrue(info.toString().contains("--add-modules jdk.incubator.vector"), info::toString);
    }
  }
}
