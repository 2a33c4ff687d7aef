package io.github.shardsum.internal.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.foreign.Arena;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows of bf16 on their way between native memory and arrays. */
class Bf16SegmentTest {
  /** More than go at once. */
  private static final int COUNT = 5000;

  private static float[] values(int seed) {
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      values[i] = (i * seed) % 251 - 125;
    }
    return values;
  }

  @Test
  void rowsComeBackThroughOneArrayThatStays() {
    try (Arena arena = Arena.ofConfined()) {
      Bf16Segment memory = new Bf16Segment(arena.allocate(2L * COUNT));
      memory.store(0, 1, COUNT, values(3), 0, 1);
      short[] spare = memory.spare().get();
      float[] loaded = new float[COUNT];
      memory.load(0, 1, COUNT, loaded, 0, 1);
      assertArrayEquals(values(3), loaded);
      assertSame(spare, memory.spare().get());
      short[] taken = memory.spare().getAndSet(new short[0]);
      memory.load(0, 1, COUNT, loaded, 0, 1);
      assertArrayEquals(values(3), loaded);
      assertNotSame(taken, memory.spare().get());
    }
  }

  @Test
  void threadsDoNotMeetInIt() {
    try (Arena arena = Arena.ofShared()) {
      Bf16Segment memory = new Bf16Segment(arena.allocate(2L * COUNT * 8));
      IntStream.range(0, 8)
          .parallel()
          .forEach(
              thread -> {
                float[] loaded = new float[COUNT];
                for (int turn = 1; turn < 50; turn++) {
                  memory.store((long) thread * COUNT, 1, COUNT, values(turn), 0, 1);
                  memory.load((long) thread * COUNT, 1, COUNT, loaded, 0, 1);
                  assertArrayEquals(values(turn), loaded);
                }
              });
    }
  }
}
