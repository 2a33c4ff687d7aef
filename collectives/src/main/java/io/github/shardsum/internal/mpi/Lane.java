package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.internal.engine.Exchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory in which one channel's calls lie while MPI runs them, and the calls. For the MPI
 * thread only, one call at a time.
 *
 * <p>MPI counts in ints. What an int cannot count is described by datatypes of several blocks, one
 * for each peer; a peer that sees only its own part need not know, since MPI compares what is moved
 * and not how it was described.
 */
final class Lane {
  /** One block of a datatype; also what the library's own all-reduce gets at once. */
  private static final long LONGEST_BLOCK = 1L << 30;

  private final Mpi mpi;
  private final long longestCount;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment request = arena.allocate(JAVA_LONG);
  private final Mpi.Parts out;
  private final Mpi.Parts in;
  private final List<Long> types = new ArrayList<>();

  /**
   * A lane of its own.
   *
   * @param size number of processes
   * @param longestCount the largest count of bytes that MPI is given; tests lower it
   */
  Lane(Mpi mpi, int size, long longestCount) {
    this.mpi = mpi;
    this.longestCount = longestCount;
    out = parts(size);
    in = parts(size);
  }

  private Mpi.Parts parts(int size) {
    return new Mpi.Parts(
        arena.allocate(JAVA_INT, size),
        arena.allocate(JAVA_INT, size),
        arena.allocate(JAVA_LONG, size));
  }

  /** Makes the channel's own communicator of all processes, over the one that it has. */
  Operation.Action duplicate(Channel channel, List<Integer> everyone) {
    MemorySegment made = arena.allocate(JAVA_LONG);
    return new Operation.Action() {
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

  /** The exchange as an action: one call of MPI. */
  Operation.Action exchange(Exchange exchange) {
    return new Operation.Action() {
      private boolean started;

      @Override
      public boolean advance(long communicator) {
        if (!started) {
          started = true;
          describe(out, exchange.sendAt(), exchange.sendBytes());
          describe(in, exchange.receiveAt(), exchange.receiveBytes());
          mpi.allToAll(exchange.send(), out, exchange.receive(), in, communicator, request);
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

  /** The library's own all-reduce as an action: a call for each part that an int can count. */
  Operation.Action allReduce(
      MemorySegment values, int elementBytes, Predefined type, Predefined operation) {
    long most = Math.min(LONGEST_BLOCK, longestCount) / elementBytes * elementBytes;
    return new Operation.Action() {
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

  private void describe(Mpi.Parts parts, long[] at, long[] bytes) {
    boolean small = true;
    for (int i = 0; i < at.length; i++) {
      small &= at[i] + bytes[i] <= longestCount;
    }
    for (int i = 0; i < at.length; i++) {
      boolean plain = small || bytes[i] == 0;
      long type = plain ? mpi.handle(Predefined.BYTE) : typeOf(at[i], bytes[i]);
      parts.counts().setAtIndex(JAVA_INT, i, small ? (int) bytes[i] : plain ? 0 : 1);
      parts.offsets().setAtIndex(JAVA_INT, i, small ? (int) at[i] : 0);
      mpi.storeHandle(parts.types().asSlice(i * mpi.handleBytes(), mpi.handleBytes()), type);
    }
  }

  private long typeOf(long at, long bytes) {
    long block = Math.min(LONGEST_BLOCK, longestCount);
    int count = Math.toIntExact(Math.ceilDiv(bytes, block));
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment lengths = temporary.allocate(JAVA_INT, count);
      MemorySegment offsets = temporary.allocate(JAVA_LONG, count);
      for (int i = 0; i < count; i++) {
        lengths.setAtIndex(JAVA_INT, i, (int) Math.min(block, bytes - i * block));
        offsets.setAtIndex(JAVA_LONG, i, at + i * block);
      }
      long type = mpi.blocks(count, lengths, offsets);
      types.add(type);
      return type;
    }
  }
}
