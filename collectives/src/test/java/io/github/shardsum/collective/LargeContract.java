package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * More bytes and more elements than an int counts, from one of two processes to the other. Takes
 * some gigabytes of memory, so it is not a name that Maven runs; {@code .ci/mpi} does.
 */
class LargeContract {
  /** More than 2^31 - 1, and no multiple of anything that a library might cut by. */
  private static final long COUNT = (1L << 31) + 4_097;

  private static final int BLOCK = 1 << 20;

  @Test
  void moreThanTwoToThe31ElementsComeWhole() {
    CollectiveOptions options = CollectiveOptions.defaults().withDeadline(Duration.ofMinutes(5));
    try (Collectives collectives = Collectives.open(Mesh.of("x", 2), options);
        Arena arena = Arena.ofShared()) {
      assertEquals(2, collectives.processes());
      boolean sends = collectives.process() == 0;
      Tensor large = Tensor.allocate(arena, DType.BOOL, Shape.of(COUNT));
      Tensor small = Tensor.allocate(arena, DType.BOOL, Shape.of(1));
      if (sends) {
        fill(large.segment());
      }
      Collective once = new Collective.Permute(List.of("x"), List.of(new Collective.Route(0, 1)));
      collectives.runInto(once, List.of(sends ? large : small), List.of(sends ? small : large));
      if (!sends) {
        check(large.segment());
      }
    }
  }

  private static byte[] pattern() {
    byte[] pattern = new byte[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      pattern[i] = (byte) (i * 31 + (i >> 8));
    }
    return pattern;
  }

  /** Each block begins with its number, so that none stands for another. */
  private static void fill(MemorySegment memory) {
    byte[] pattern = pattern();
    for (long at = 0; at < COUNT; at += BLOCK) {
      long bytes = Math.min(BLOCK, COUNT - at);
      MemorySegment.copy(pattern, 0, memory, ValueLayout.JAVA_BYTE, at, (int) bytes);
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, at);
    }
  }

  private static void check(MemorySegment memory) {
    byte[] expected = pattern();
    MemorySegment block = MemorySegment.ofArray(expected);
    for (long at = 0; at < COUNT; at += BLOCK) {
      long bytes = Math.min(BLOCK, COUNT - at);
      block.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, at);
      long wrong = MemorySegment.mismatch(memory, at, at + bytes, block, 0, bytes);
      assertEquals(-1, wrong, "the first byte that differs in the block at " + at);
    }
  }
}
