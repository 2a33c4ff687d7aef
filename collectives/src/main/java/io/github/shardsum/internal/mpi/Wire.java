package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Moves bytes between processes, one call of MPI a method. For the MPI thread only, inside a
 * collective that the session has begun; buffers are native memory.
 *
 * <p>MPI counts in ints. Where bytes may be more than those, the caller gives a grain, on which all
 * processes agree and which divides every offset and length: MPI then counts in grains.
 */
final class Wire {
  /** What is sent at once where MPI allows cutting: broadcast and its own all-reduce. */
  private static final long CHUNK = 1L << 30;

  private final MpiSession session;
  private final Mpi mpi;
  private final Map<Long, Long> types = new HashMap<>();
  private final MemorySegment[] ints = new MemorySegment[4];

  Wire(MpiSession session) {
    this.session = session;
    mpi = session.mpi();
    types.put(1L, mpi.handle(Predefined.BYTE));
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Arena.ofAuto().allocate(JAVA_INT, session.size());
    }
  }

  /**
   * Sends each process its block and receives a block from each.
   *
   * @param grain on which all processes agree, and which divides all offsets and lengths, in bytes
   */
  void allToAll(MemorySegment out, Blocks sent, MemorySegment in, Blocks received, long grain) {
    write(ints[0], sent.lengths(), grain);
    write(ints[1], sent.offsets(), grain);
    write(ints[2], received.lengths(), grain);
    write(ints[3], received.offsets(), grain);
    mpi.allToAll(
        out,
        new Mpi.IntBlocks(ints[0], ints[1]),
        in,
        new Mpi.IntBlocks(ints[2], ints[3]),
        type(grain),
        session.dataCommunicator(),
        session.request());
    session.await(session.request());
  }

  /** Sends the same bytes to every process and receives a block from each. */
  void allGather(MemorySegment out, long bytes, MemorySegment in, Blocks received, long grain) {
    write(ints[2], received.lengths(), grain);
    write(ints[3], received.offsets(), grain);
    mpi.allGather(
        out,
        count(bytes, grain),
        in,
        ints[2],
        ints[3],
        type(grain),
        session.dataCommunicator(),
        session.request());
    session.await(session.request());
  }

  /** Gives every process the bytes of one. */
  void broadcast(MemorySegment data, int root) {
    long most = Math.min(CHUNK, session.settings().longestCount());
    for (long from = 0; from < data.byteSize(); from += most) {
      long bytes = Math.min(most, data.byteSize() - from);
      mpi.broadcast(
          data.asSlice(from, bytes),
          (int) bytes,
          mpi.handle(Predefined.BYTE),
          root,
          session.dataCommunicator(),
          session.request());
      session.await(session.request());
    }
  }

  /** Waits for every process. */
  void barrier() {
    mpi.barrier(session.dataCommunicator(), session.request());
    session.await(session.request());
  }

  /** The library's own all-reduce over all processes, in place, in an order that it chooses. */
  void allReduce(MemorySegment data, int elementBytes, Predefined type, Predefined operation) {
    long most = Math.min(CHUNK, session.settings().longestCount()) / elementBytes * elementBytes;
    for (long from = 0; from < data.byteSize(); from += most) {
      long bytes = Math.min(most, data.byteSize() - from);
      mpi.allReduceInPlace(
          data.asSlice(from, bytes),
          (int) (bytes / elementBytes),
          mpi.handle(type),
          mpi.handle(operation),
          session.dataCommunicator(),
          session.request());
      session.await(session.request());
    }
  }

  /**
   * A grain for buffers of up to so many bytes, on which all processes must agree: 1 while an int
   * counts them, else a power of two.
   */
  long grain(long mostBytes) {
    long grain = 1;
    while (mostBytes / grain >= session.settings().longestCount()) {
      grain *= 2;
    }
    return grain;
  }

  /** Gives back what MPI holds for this object. */
  void close() {
    types.forEach(
        (grain, type) -> {
          if (grain > 1) {
            mpi.free(type);
          }
        });
    types.clear();
  }

  private long type(long grain) {
    return types.computeIfAbsent(grain, bytes -> mpi.bytes(Math.toIntExact(bytes)));
  }

  private static void write(MemorySegment target, long[] bytes, long grain) {
    for (int i = 0; i < bytes.length; i++) {
      target.setAtIndex(JAVA_INT, i, count(bytes[i], grain));
    }
  }

  private static int count(long bytes, long grain) {
    if (grain == 1) {
      return Math.toIntExact(bytes);
    }
    if (bytes % grain != 0) {
      throw new IllegalStateException(bytes + " bytes are no multiple of the grain " + grain);
    }
    return Math.toIntExact(bytes / grain);
  }
}
