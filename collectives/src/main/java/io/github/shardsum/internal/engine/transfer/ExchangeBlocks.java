package io.github.shardsum.internal.engine.transfer;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Lays out one block of bytes for each peer; its pieces begin on cache lines. A block of one piece
 * stays in the caller's memory if it can be sent or received there directly.
 */
public final class ExchangeBlocks {
  /** A piece; its offset is known once all pieces are placed. */
  public static final class Piece {
    private final long bytes;
    private final Optional<MemorySegment> there;
    private MemorySegment memory = MemorySegment.NULL;
    private long at = -1;

    private Piece(long bytes, Optional<MemorySegment> there) {
      this.bytes = bytes;
      this.there = there;
    }

    /** Whether the piece is sent from, or received into, the caller's memory directly. */
    boolean stays() {
      return at < 0;
    }

    /** The memory of all pieces that are packed. */
    MemorySegment memory() {
      return memory;
    }

    /** Index of the piece's first byte in that memory. */
    long at() {
      return at;
    }
  }

  private final List<List<Piece>> blocks;
  private final MemorySegment[] segments;
  private final boolean zeroCopy;

  /** Blocks of pieces that are packed into a buffer. */
  public ExchangeBlocks(int peers) {
    this(peers, false);
  }

  /** Blocks of pieces; zeroCopy says whether pieces may stay in their own memory. */
  public ExchangeBlocks(int peers, boolean zeroCopy) {
    this.zeroCopy = zeroCopy;
    blocks = IntStream.range(0, peers).<List<Piece>>mapToObj(_ -> new ArrayList<>()).toList();
    segments = new MemorySegment[peers];
  }

  /** Appends a piece to a peer's block. */
  public Piece add(int peer, long bytes) {
    return add(peer, bytes, Optional.empty());
  }

  /** Appends a piece that may stay in native memory of its own. */
  public Piece add(int peer, long bytes, Optional<MemorySegment> there) {
    Piece piece = new Piece(bytes, zeroCopy ? there : Optional.empty());
    blocks.get(peer).add(piece);
    return piece;
  }

  /** Shares a piece, the only one of its block, with another peer. */
  void share(int peer, Piece piece) {
    blocks.get(peer).add(piece);
  }

  /**
   * Places all pieces in a buffer of the required size, except those that stay in their own memory.
   */
  public void place(LongFunction<MemorySegment> buffer) {
    long end = 0;
    for (List<Piece> block : blocks) {
      for (Piece piece : block) {
        if (piece.at < 0 && (block.size() > 1 || piece.there.isEmpty())) {
          piece.at = end;
          end += ExchangeBuffers.align(piece.bytes);
        }
      }
    }
    MemorySegment memory = buffer.apply(end);
    for (int peer = 0; peer < segments.length; peer++) {
      blocks.get(peer).forEach(piece -> piece.memory = memory);
      segments[peer] = block(blocks.get(peer), memory);
    }
  }

  private static MemorySegment block(List<Piece> pieces, MemorySegment memory) {
    if (pieces.isEmpty()) {
      return MemorySegment.NULL;
    }
    Piece first = pieces.getFirst();
    Piece last = pieces.getLast();
    return first.stays()
        ? first.there.orElseThrow()
        : memory.asSlice(first.at, last.at + last.bytes - first.at);
  }

  /** Each peer's block, after the pieces are placed. */
  public MemorySegment[] segments() {
    return segments;
  }
}
