package io.github.shardsum.internal.engine.transfer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Native memory for exchanges, kept and grown. Used by one collective at a time. */
public final class ExchangeBuffers {
  /** Blocks begin on cache lines, which also suits vectors and the library. */
  static final long ALIGNMENT = 64;

  private MemorySegment send = MemorySegment.NULL;
  private MemorySegment receive = MemorySegment.NULL;

  /** A send buffer of at least this many bytes; its previous contents are lost. */
  public MemorySegment send(long bytes) {
    send = grown(send, bytes);
    return send;
  }

  /** A receive buffer of at least this many bytes. */
  public MemorySegment receive(long bytes) {
    receive = grown(receive, bytes);
    return receive;
  }

  /** A small buffer apart from both. */
  public MemorySegment apart(long bytes) {
    return Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }

  private static MemorySegment grown(MemorySegment segment, long bytes) {
    return segment.byteSize() >= bytes && bytes > 0
        ? segment
        : Arena.ofAuto().allocate(Math.max(ALIGNMENT, align(bytes)), ALIGNMENT);
  }

  static long align(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }
}
