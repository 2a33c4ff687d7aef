package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.internal.pjrt.abi.Libc;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Native memory on the way to a device, kept from one transfer to the next: new memory takes more
 * time than the copy into it, since the kernel clears each new page. Thread-safe.
 */
public final class StagingPool {
  /** The alignment in bytes that XLA's CPU client requires of memory that it uses in place. */
  public static final long ALIGNMENT = 64;

  /** The most bytes that the pool keeps. */
  static final long MOST_BYTES = 256L << 20;

  private static final int MOST_BLOCKS = 64;

  /** Sizes are rounded up by less than an eighth, so that similar sizes share blocks. */
  private static final int STEPS = 8;

  private final Lock lock = new ReentrantLock();

  /** Free blocks; the block that was given back last is first. */
  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();

  private long bytes;
  private boolean closed;

  /** An empty pool. */
  public StagingPool() {}

  /**
   * Takes a block out.
   *
   * @param wanted number of bytes, at least 0
   * @return a block of at least this number of bytes, not cleared, which must be given back
   */
  public MemorySegment take(long wanted) {
    long size = roundedUp(wanted);
    lock.lock();
    try {
      for (Iterator<MemorySegment> each = free.iterator(); each.hasNext(); ) {
        MemorySegment block = each.next();
        if (block.byteSize() == size) {
          each.remove();
          bytes -= size;
          return block;
        }
      }
    } finally {
      lock.unlock();
    }
    return Libc.allocate(size, ALIGNMENT);
  }

  /** The size of the block for a number of bytes. */
  static long roundedUp(long wanted) {
    long step = Math.max(ALIGNMENT, Long.highestOneBit(wanted) / STEPS);
    return Math.max(step, Math.ceilDiv(wanted, step) * step);
  }

  /**
   * Gives back a block that is no longer used.
   *
   * @param block a result of {@link #take}
   */
  public void give(MemorySegment block) {
    ArrayDeque<MemorySegment> over = new ArrayDeque<>();
    lock.lock();
    try {
      free.addFirst(block);
      bytes += block.byteSize();
      while (closed ? !free.isEmpty() : bytes > MOST_BYTES || free.size() > MOST_BLOCKS) {
        MemorySegment oldest = free.removeLast();
        bytes -= oldest.byteSize();
        over.add(oldest);
      }
    } finally {
      lock.unlock();
    }
    over.forEach(Libc::free);
  }

  /** The number of free bytes. */
  public long bytesKept() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** The number of free blocks. */
  int blocksKept() {
    lock.lock();
    try {
      return free.size();
    } finally {
      lock.unlock();
    }
  }

  /** Frees the blocks in the pool. From now on a block that is given back is freed. */
  public void close() {
    ArrayDeque<MemorySegment> all;
    lock.lock();
    try {
      closed = true;
      all = free.clone();
      free.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
    all.forEach(Libc::free);
  }
}
