package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Arguments in memory that was used before. */
class CallArenaTest {
  private final Arena arena = Arena.ofAuto();
  private final Api api = Api.at(table(), "a table");

  /** A plugin whose functions are there and never called. */
  private MemorySegment table() {
    long size = PjrtFunction.FIRST + 8L * PjrtFunction.values().length;
    MemorySegment table = arena.allocate(size, 8).fill((byte) 1);
    table.set(JAVA_LONG, 0, size);
    table.set(JAVA_LONG, 8, 0);
    table.set(JAVA_LONG, 32, 114L << 32);
    return table;
  }

  @Test
  void whatWasWrittenBeforeIsGone() {
    for (int use = 0; use < 3; use++) {
      try (CallArena scratch = api.scratch()) {
        Call call = api.prepare(scratch, PjrtFunction.BUFFER_DIMENSIONS);
        assertEquals(40, call.segment().get(JAVA_LONG, 0));
        assertEquals(0, call.number("num_dims"));
        assertEquals(0, call.pointer("buffer").address());
        call.set("num_dims", 7).set("buffer", 8);
        MemorySegment piece = scratch.allocate(100, 8);
        assertEquals(-1, piece.mismatch(arena.allocate(100)));
        piece.fill((byte) 5);
      }
    }
  }

  @Test
  void twoCallsOfOneFunctionDoNotShareTheirResults() {
    try (CallArena scratch = api.scratch()) {
      Call first = api.prepare(scratch, PjrtFunction.BUFFER_DIMENSIONS).set("num_dims", 1);
      Call second = api.prepare(scratch, PjrtFunction.BUFFER_DIMENSIONS).set("num_dims", 2);
      Call third = api.prepare(scratch, PjrtFunction.BUFFER_DIMENSIONS).set("num_dims", 3);
      assertEquals(1, first.number("num_dims"));
      assertEquals(2, second.number("num_dims"));
      assertEquals(3, third.number("num_dims"));
      assertEquals(40, third.segment().get(JAVA_LONG, 0));
    }
  }

  @Test
  void oneWithinAnotherIsAnother() {
    try (CallArena outer = api.scratch()) {
      MemorySegment piece = outer.allocate(8, 8);
      try (CallArena inner = api.scratch()) {
        assertNotEquals(piece.address(), inner.allocate(8, 8).address());
      }
      assertEquals(0, piece.get(JAVA_LONG, 0));
    }
  }

  @Test
  void moreThanThereIsComesFromElsewhere() {
    try (CallArena scratch = api.scratch()) {
      MemorySegment small = scratch.allocate(2000, 8).fill((byte) 1);
      MemorySegment large = scratch.allocate(100_000, 8).fill((byte) 2);
      MemorySegment aligned = scratch.allocate(8, 4096).fill((byte) 3);
      assertEquals(0, aligned.address() % 4096);
      assertEquals(1, small.get(JAVA_BYTE, 1999));
      assertEquals(2, large.get(JAVA_BYTE, 99_999));
    }
  }
}
