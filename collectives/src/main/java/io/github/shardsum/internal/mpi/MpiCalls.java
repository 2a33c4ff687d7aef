package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.internal.engine.transfer.ByteExchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The calls of one channel, with the memory that MPI uses during a call. Used by one thread at a
 * time, for one call at a time.
 *
 * <p>MPI counts in ints. Larger counts are described by datatypes of several blocks, one for each
 * peer. The peer may describe its part by another datatype, since MPI compares only the bytes that
 * move.
 */
final class MpiCalls {
  /**
   * The length of one block of a datatype, and the largest number of bytes of one call of the
   * library's own all-reduce.
   */
  private static final long LONGEST_BLOCK = 1L << 30;

  private final Mpi mpi;
  private final long longestCount;
  private final int rank;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment request = arena.allocate(JAVA_LONG);
  private final Mpi.Parts out;
  private final Mpi.Parts in;
  private final List<MemorySegment> slots;

  /**
   * Memory for the calls of one channel.
   *
   * @param rank this process
   * @param size number of processes
   * @param longestCount the largest count of bytes that MPI is given; tests lower it
   */
  MpiCalls(Mpi mpi, int rank, int size, long longestCount) {
    this.mpi = mpi;
    this.rank = rank;
    this.longestCount = longestCount;
    out = parts(size);
    in = parts(size);
    slots = Stream.generate(() -> arena.allocate(JAVA_LONG)).limit(1 + 2L * size).toList();
  }

  private Mpi.Parts parts(int size) {
    return new Mpi.Parts(
        arena.allocate(JAVA_INT, size),
        arena.allocate(JAVA_INT, size),
        arena.allocate(JAVA_LONG, size));
  }

  /** Makes the channel's own communicator of all processes from its present one. */
  PendingMpiOperation.Action duplicate(MpiChannel channel, List<Integer> everyone) {
    MemorySegment made = arena.allocate(JAVA_LONG);
    return new PendingMpiOperation.Action() {
      private boolean started;

      @Override
      public boolean advance(long communicator) {
        if (!started) {
          started = true;
          mpi.duplicate(communicator, made, request);
        }
        boolean done = mpi.test(request);
        if (done) {
          channel.communicators().put(everyone, mpi.storedHandle(made));
        }
        return done;
      }
    };
  }

  /** The exchange as an action, with the work that runs after the exchange has begun. */
  PendingMpiOperation.Action exchange(
      ByteExchange exchange, MpiChannel channel, Runnable meanwhile) {
    int own = exchange.peers().indexOf(rank);
    return exchange.verified()
        ? together(exchange, meanwhile)
        : new PointToPointExchange(
            mpi, exchange, meanwhile, own, slots, this::type, channel::hasFailed);
  }

  /** The whole exchange in one call of MPI. */
  private PendingMpiOperation.Action together(ByteExchange exchange, Runnable meanwhile) {
    return new PendingMpiOperation.Action() {
      private boolean started;
      private final List<Long> types = new ArrayList<>();

      @Override
      public boolean advance(long communicator) {
        if (!started) {
          started = true;
          MemorySegment from = describe(out, exchange.send(), types);
          MemorySegment to = describe(in, exchange.receive(), types);
          mpi.allToAll(from, out, to, in, communicator, request);
          meanwhile.run();
        }
        boolean done = mpi.test(request);
        if (done) {
          types.forEach(mpi::freeType);
          types.clear();
        }
        return done;
      }
    };
  }

  /** The library's own all-reduce as an action: one call for each part that an int can count. */
  PendingMpiOperation.Action allReduce(
      MemorySegment values, int elementBytes, MpiConstant type, MpiConstant operation) {
    long most = Math.min(LONGEST_BLOCK, longestCount) / elementBytes * elementBytes;
    return new PendingMpiOperation.Action() {
      private long next;
      private boolean waits;

      @Override
      public boolean advance(long communicator) {
        if (waits && !mpi.test(request)) {
          return false;
        }
        waits = next < values.byteSize();
        if (waits) {
          long bytes = Math.min(most, values.byteSize() - next);
          MemorySegment part = values.asSlice(next, bytes);
          int count = (int) (bytes / elementBytes);
          next += bytes;
          mpi.allReduceInPlace(
              part, count, mpi.handle(type), mpi.handle(operation), communicator, request);
        }
        return !waits;
      }
    };
  }

  /** Describes segments by their distance from the first of them, which is returned. */
  private MemorySegment describe(Mpi.Parts parts, MemorySegment[] segments, List<Long> types) {
    long first = Long.MAX_VALUE;
    long end = 0;
    for (MemorySegment segment : segments) {
      if (segment.byteSize() > 0) {
        first = Math.min(first, segment.address());
        end = Math.max(end, segment.address() + segment.byteSize());
      }
    }
    boolean small = end - first <= longestCount;
    for (int i = 0; i < segments.length; i++) {
      long bytes = segments[i].byteSize();
      boolean plain = small || bytes == 0;
      long at = bytes == 0 ? 0 : segments[i].address() - first;
      long type = mpi.handle(MpiConstant.BYTE);
      if (!plain) {
        type = type(at, bytes);
        types.add(type);
      }
      parts.counts().setAtIndex(JAVA_INT, i, plain ? (int) bytes : 1);
      parts.offsets().setAtIndex(JAVA_INT, i, plain ? (int) at : 0);
      mpi.storeHandle(parts.types().asSlice(i * mpi.handleBytes(), mpi.handleBytes()), type);
    }
    return MemorySegment.ofAddress(end == 0 ? 0 : first);
  }

  /** A datatype of a number of bytes, or none if an int can hold it. */
  private Optional<Long> type(long bytes) {
    return bytes <= longestCount ? Optional.empty() : Optional.of(type(0, bytes));
  }

  private long type(long at, long bytes) {
    long block = Math.min(LONGEST_BLOCK, longestCount);
    int count = Math.toIntExact(Math.ceilDiv(bytes, block));
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment lengths = temporary.allocate(JAVA_INT, count);
      MemorySegment offsets = temporary.allocate(JAVA_LONG, count);
      for (int i = 0; i < count; i++) {
        lengths.setAtIndex(JAVA_INT, i, (int) Math.min(block, bytes - i * block));
        offsets.setAtIndex(JAVA_LONG, i, at + i * block);
      }
      return mpi.blocks(count, lengths, offsets);
    }
  }
}
