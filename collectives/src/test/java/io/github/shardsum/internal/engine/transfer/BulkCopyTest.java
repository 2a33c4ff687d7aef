package io.github.shardsum.internal.engine.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every way a run of bytes is copied does what Java's own copy does. */
class BulkCopyTest {
  private static final long BEFORE = 7;
  private static final List<Long> LENGTHS =
      List.of(
          0L,
          1L,
          BulkCopy.SHORTEST - 1,
          BulkCopy.SHORTEST,
          BulkCopy.PIECE - 1,
          BulkCopy.PIECE + 1,
          3 * BulkCopy.PIECE,
          BulkCopy.BYPASSING - 1,
          BulkCopy.BYPASSING);

  @Test
  void theseTestsMayCallTheLibrary() {
    assertTrue(BulkCopy.class.getModule().isNativeAccessEnabled());
  }

  @Test
  void copiesTheRunAndNothingElseBetweenArraysAndNativeMemory() {
    try (Arena arena = Arena.ofShared()) {
      for (long length : LENGTHS) {
        long size = length + 2 * BEFORE;
        for (MemorySegment from : memories(arena, size)) {
          fill(from);
          for (MemorySegment to : memories(arena, size)) {
            BulkCopy.copy(from, 3, to, BEFORE, length);
            byte[] wanted = new byte[(int) size];
            MemorySegment.copy(from, 3, MemorySegment.ofArray(wanted), BEFORE, length);
            assertArrayEquals(wanted, to.toArray(ValueLayout.JAVA_BYTE));
          }
        }
      }
    }
  }

  private static List<MemorySegment> memories(Arena arena, long size) {
    int longs = (int) Math.ceilDiv(size, Long.BYTES);
    return List.of(
        MemorySegment.ofArray(new byte[(int) size]),
        MemorySegment.ofArray(new long[longs]).asSlice(0, size),
        arena.allocate(size));
  }

  private static void fill(MemorySegment memory) {
    byte[] bytes = new byte[(int) memory.byteSize()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 + i / 251);
    }
    memory.copyFrom(MemorySegment.ofArray(bytes));
  }

  @Test
  void refusesWhatJavaRefuses() {
    int length = (int) BulkCopy.SHORTEST;
    MemorySegment from = MemorySegment.ofArray(new byte[length]);
    byte[] array = new byte[length];
    MemorySegment to = MemorySegment.ofArray(array);
    MemorySegment closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(length);
    }
    assertThrows(
        IllegalArgumentException.class, () -> BulkCopy.copy(from, 0, to.asReadOnly(), 0, length));
    assertThrows(IllegalStateException.class, () -> BulkCopy.copy(from, 0, closed, 0, length));
    assertThrows(IllegalStateException.class, () -> BulkCopy.copy(closed, 0, to, 0, length));
    assertThrows(IndexOutOfBoundsException.class, () -> BulkCopy.copy(from, 1, to, 0, length));
    assertThrows(IndexOutOfBoundsException.class, () -> BulkCopy.copy(from, 0, to, 1, length));
    assertArrayEquals(new byte[length], array);
    Arrays.fill(array, (byte) 1);
    BulkCopy.copy(to.asReadOnly(), 0, from, 0, length);
    assertArrayEquals(array, from.toArray(ValueLayout.JAVA_BYTE));
  }
}
