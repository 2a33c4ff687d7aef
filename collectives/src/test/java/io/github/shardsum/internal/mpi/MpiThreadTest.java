package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MpiThreadTest {
  @Test
  void whoWaitsCallsMpiUnlessItIsTheEnginesOwnThreadThatShall() {
    assertTrue(MpiThread.waitingThreadsCall(Map.of()));
    assertTrue(MpiThread.waitingThreadsCall(Map.of(MpiThread.VARIABLE, "waiting")));
    assertFalse(MpiThread.waitingThreadsCall(Map.of(MpiThread.VARIABLE, "own")));
  }

  @Test
  void anotherWordIsAnErrorThatNamesBoth() {
    Map<String, String> wrong = Map.of(MpiThread.VARIABLE, "main");
    String message =
        assertThrows(MpiException.class, () -> MpiThread.waitingThreadsCall(wrong)).getMessage();
    assertEquals(
        "SHARDSUM_MPI_THREAD: expected `waiting` (a platform thread that waits for its operation calls MPI)"
            + " or `own` (only the engine's own thread does), got `main`",
        message);
  }
}
