package io.github.shardsum.internal.pjrt.abi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the arguments of calls, zeroed, taken from a pool and given back by {@link #close}.
 *
 * <p>Memory from a new arena costs more time than many calls: a malloc and three objects. The
 * arguments of each function are therefore kept and reused, and so is a block for other memory. A
 * larger request is allocated in an arena. Confined to one thread.
 */
public final class CallArena implements SegmentAllocator, AutoCloseable {
  /**
   * Bytes of the block: more than the structs of a run with a few dozen arguments on one device.
   */
  private static final long BYTES = 2048;

  /** A cache line: no field of a struct needs a larger alignment. */
  private static final long ALIGNMENT = 64;

  private final Api api;
  private final Pool pool;
  private final Arena kept = Arena.ofAuto();
  private final MemorySegment block = kept.allocate(BYTES, ALIGNMENT);
  private final @Nullable Call[] calls = new Call[PjrtFunction.values().length];
  private long used;

  /** Counts the uses of this memory; it has results only of calls in the present use. */
  private long use = 1;

  private @Nullable Arena more;

  private CallArena(Api api, Pool pool) {
    this.api = api;
    this.pool = pool;
  }

  /** The arguments of a function, all zero except the size; the plugin must have the function. */
  Call call(PjrtFunction function) {
    Call call = calls[function.ordinal()];
    if (call == null) {
      call = new Call(api, function, api.allocate(kept, struct(function)));
      calls[function.ordinal()] = call;
    } else if (call.isInUse(use)) {
      return new Call(api, function, api.allocate(beyond(), struct(function)));
    }
    return call.renew(use);
  }

  private static Struct struct(PjrtFunction function) {
    return function
        .arguments()
        .orElseThrow(() -> new IllegalArgumentException(function + ": no arguments"));
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    // Both kinds of memory end in the same call of asSlice, so that the compiler can remove the
    // slice's object.
    MemorySegment from = block;
    long start = (used + alignment - 1) & -alignment;
    if (alignment > ALIGNMENT || bytes > BYTES - start) {
      from = beyond().allocate(bytes, alignment);
      start = 0;
    } else {
      used = start + bytes;
    }
    return from.asSlice(start, bytes).fill((byte) 0);
  }

  @SuppressWarnings("MustBeClosedChecker") // by close()
  private Arena beyond() {
    Arena arena = more;
    if (arena == null) {
      arena = Arena.ofConfined();
      more = arena;
    }
    return arena;
  }

  /** Ends the use of all allocated memory. */
  @Override
  public void close() {
    Arena arena = more;
    if (arena != null) {
      arena.close();
      more = null;
    }
    used = 0;
    use++;
    pool.put(this);
  }

  /**
   * Keeps memory between calls. Thread-safe: each thread has a place by its number, and a call that
   * finds the place empty gets new memory. Threads thus own no memory, so that millions of virtual
   * threads are possible.
   */
  static final class Pool {
    private static final int PLACES = 64;

    /**
     * Distance of two places, in references, so that neighbours do not share a line of the cache.
     */
    private static final int APART = 16;

    private final AtomicReferenceArray<@Nullable CallArena> places =
        new AtomicReferenceArray<>(PLACES * APART);

    CallArena take(Api api) {
      CallArena found = places.getAndSet(place(), null);
      return found == null ? new CallArena(api, this) : found;
    }

    private void put(CallArena scratch) {
      places.setRelease(place(), scratch);
    }

    private static int place() {
      return (int) (Thread.currentThread().threadId() % PLACES) * APART;
    }
  }
}
