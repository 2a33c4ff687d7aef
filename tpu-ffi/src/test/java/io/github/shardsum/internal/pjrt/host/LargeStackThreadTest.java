package io.github.shardsum.internal.pjrt.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import org.junit.jupiter.api.Test;

class LargeStackThreadTest {
  private static final int DEEP = 300_000;

  private static int depth(int left) {
    return left == 0 ? 0 : 1 + depth(left - 1);
  }

  @Test
  void aCallMayGoDeeperThanTheCallersStack() {
    assertThrows(StackOverflowError.class, () -> depth(DEEP));
    assertEquals(DEEP, LargeStackThread.call("deep", () -> depth(DEEP)));
  }

  @Test
  void aFailureIsTheCallers() {
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () ->
                LargeStackThread.call(
                    "fails",
                    () -> {
                      throw new PjrtException(PjrtCode.INTERNAL, "f", "why");
                    }));
    assertEquals("why", e.detail());
    assertThrows(
        StackOverflowError.class,
        () -> LargeStackThread.call("too deep", () -> depth(Integer.MAX_VALUE)));
  }

  @Test
  void anInterruptedCallerWaitsAndStaysInterrupted() {
    Thread.currentThread().interrupt();
    assertEquals(7, LargeStackThread.call("slow", () -> 7));
    assertTrue(Thread.interrupted());
  }
}
