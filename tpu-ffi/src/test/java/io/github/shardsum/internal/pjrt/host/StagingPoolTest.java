package io.github.shardsum.internal.pjrt.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.Libc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StagingPoolTest {
  private final StagingPool pool = new StagingPool();

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void aBlockIsLongEnoughAlignedAndNotMuchLonger() {
    for (long wanted :
        new long[] {0, 1, 63, 64, 65, 4095, 100_000, (1 << 20) + 1, 3_000_000_001L}) {
      long size = StagingPool.roundedUp(wanted);
      assertTrue(size >= wanted && size > 0, wanted + " gave " + size);
      assertEquals(0, size % StagingPool.ALIGNMENT);
      assertTrue(
          size <= Math.max(wanted + wanted / 8.0 + 1, wanted + 64), wanted + " gave " + size);
    }
    MemorySegment block = pool.take(1000);
    assertEquals(0, block.address() % StagingPool.ALIGNMENT);
    pool.give(block);
  }

  @Test
  void whatWasGivenBackIsTakenAgainAndNothingElseIs() {
    MemorySegment first = pool.take(100_000);
    MemorySegment second = pool.take(100_000);
    assertNotEquals(first.address(), second.address());
    pool.give(first);
    MemorySegment other = pool.take(200_000);
    assertNotEquals(first.address(), other.address());
    assertEquals(first.address(), pool.take(99_999).address());
    List.of(first, second, other).forEach(pool::give);
  }

  @Test
  void noMoreThanItsLimitIsKept() {
    List<MemorySegment> blocks = new ArrayList<>();
    long each = StagingPool.MOST_BYTES / 4;
    for (int i = 0; i < 6; i++) {
      blocks.add(pool.take(each));
    }
    blocks.forEach(pool::give);
    assertEquals(StagingPool.MOST_BYTES, pool.bytesKept());
    MemorySegment larger = pool.take(StagingPool.MOST_BYTES + 1);
    pool.give(larger);
    assertTrue(pool.bytesKept() <= StagingPool.MOST_BYTES);
    for (int i = 0; i < 1000; i++) {
      pool.give(Libc.allocate(64L * (i + 1), 64));
    }
    assertTrue(pool.blocksKept() <= 64, "blocks: " + pool.blocksKept());
  }

  @Test
  void aClosedPoolKeepsNothing() {
    MemorySegment late = pool.take(5000);
    pool.give(pool.take(6000));
    pool.close();
    assertEquals(0, pool.bytesKept());
    pool.give(late);
    assertEquals(0, pool.bytesKept());
  }

  @Test
  void noBlockIsWithTwoThreadsAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        byte mine = (byte) (t + 1);
        all.add(threads.submit(() -> writeAndRead(mine)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  private void writeAndRead(byte mine) {
    for (int i = 0; i < 5000; i++) {
      MemorySegment block = pool.take(256);
      block.fill(mine);
      Thread.onSpinWait();
      for (long at = 0; at < block.byteSize(); at++) {
        assertEquals(mine, block.get(ValueLayout.JAVA_BYTE, at));
      }
      pool.give(block);
    }
  }
}
