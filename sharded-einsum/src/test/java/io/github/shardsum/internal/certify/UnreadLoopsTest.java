package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each request of a loop that nothing reads is for one loop of a plan. */
final class UnreadLoopsTest {
  /** Requests are told apart by identity, so these differ though they are equal. */
  private static CheckedRequest request() {
    return new CheckedRequest(List.of(), List.of(), List.of(), List.of(), Map.of(), Map.of(), 0);
  }

  @Test
  void aRequestIsForOneLoop() {
    UnreadLoops loops = new UnreadLoops();
    CheckedRequest one = request();
    assertFalse(loops.take(List.of()));
    assertTrue(loops.take(List.of(one)));
    assertFalse(loops.take(List.of(one)));
    assertTrue(loops.take(List.of(request())));
  }

  @Test
  void anEarlierLoopTakesAnotherRequestIfItCan() {
    UnreadLoops loops = new UnreadLoops();
    CheckedRequest a = request();
    CheckedRequest b = request();
    CheckedRequest c = request();
    assertTrue(loops.take(List.of(a, b)));
    assertTrue(loops.take(List.of(a, c)));
    assertTrue(loops.take(List.of(a)));
    assertFalse(loops.take(List.of(c, b, a)));
  }

  private static CheckedTerms.Body loop(String label) {
    return new CheckedTerms.Rounds(2, label, false, 1, 0, List.of(), List.of(), List.of());
  }

  @Test
  void requestsOfEqualLoopsAreKept() {
    UnreadLoops loops = new UnreadLoops();
    loops.add(loop("x"), List.of(request()));
    loops.add(loop("x"), List.of(request(), request()));
    loops.add(loop("y"), List.of(request()));
    assertEquals(3, loops.of(loop("x")).size());
    assertEquals(List.of(), loops.of(loop("z")));
    assertEquals(4, loops.all().size());
  }
}
