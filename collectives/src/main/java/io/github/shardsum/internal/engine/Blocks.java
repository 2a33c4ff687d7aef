package io.github.shardsum.internal.engine;

import java.util.Arrays;

/** Lays out one block of bytes a peer, each made of pieces that begin on cache lines. */
final class Blocks {
  private final long[] at;
  private final long[] bytes;
  private long end;

  Blocks(int peers) {
    this.at = new long[peers];
    this.bytes = new long[peers];
  }

  /** Begins a peer's block; its pieces follow, before the next peer's. */
  void begin(int peer) {
    at[peer] = end;
  }

  /** Appends a piece to a peer's block; returns where it begins. */
  long add(int peer, long count) {
    long place = end;
    end += Buffers.align(count);
    bytes[peer] = end - at[peer];
    return place;
  }

  /** Gives every peer but one the block that begins here. */
  void share(long count, int but) {
    long place = end;
    end += Buffers.align(count);
    Arrays.fill(at, place);
    Arrays.fill(bytes, Buffers.align(count));
    bytes[but] = 0;
  }

  long[] at() {
    return at;
  }

  long[] bytes() {
    return bytes;
  }

  /** Bytes of all blocks. */
  long size() {
    return end;
  }
}
