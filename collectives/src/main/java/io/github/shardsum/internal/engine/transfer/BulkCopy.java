package io.github.shardsum.internal.engine.transfer;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * Copies runs of bytes, the longer ones by the C library if this module may call it.
 *
 * <p>HotSpot's copy reads the target before it overwrites it, unless a run is long enough to bypass
 * the caches. The C library uses the processor's own copy, which on many processors reads only the
 * source.
 */
final class BulkCopy {
  /** Below 32 KB the call of C costs more than it saves. */
  static final long SHORTEST = 32 << 10;

  /** Bytes from which HotSpot's copy bypasses the caches: 2.5 MB. */
  static final long BYPASSING = 5 << 19;

  /**
   * Bytes of one copy. Above the size of a second-level cache, C libraries would switch to another
   * loop.
   */
  static final long PIECE = 512 << 10;

  private BulkCopy() {}

  /**
   * The C library's function. Linking takes some 50 ms, so the first copy of a long run does it.
   */
  private static final class Library {
    static final Optional<MethodHandle> FOUND = link();
    static final boolean THERE = FOUND.isPresent();
    static final MethodHandle MOVE = FOUND.orElseGet(() -> MethodHandles.empty(type()));

    private static MethodType type() {
      return descriptor().toMethodType();
    }

    private static FunctionDescriptor descriptor() {
      return FunctionDescriptor.ofVoid(
          ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> link() {
      if (!BulkCopy.class.getModule().isNativeAccessEnabled()) {
        return Optional.empty();
      }
      try {
        Linker linker = Linker.nativeLinker();
        // A critical call may read and write Java arrays. It takes no longer than a copy by Java.
        Linker.Option onArrays = Linker.Option.critical(true);
        return linker
            .defaultLookup()
            .find("memmove")
            .map(memmove -> linker.downcallHandle(memmove, descriptor(), onArrays));
      } catch (UnsupportedOperationException e) {
        return Optional.empty();
      }
    }
  }

  /** Copies a run between memories that do not overlap. */
  static void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt, long bytes) {
    if (bytes < SHORTEST || bytes >= BYPASSING || !Library.THERE || to.isReadOnly()) {
      MemorySegment.copy(from, fromAt, to, toAt, bytes);
      return;
    }
    for (long done = 0; done < bytes; done += PIECE) {
      long piece = Math.min(PIECE, bytes - done);
      move(from.asSlice(fromAt + done, piece), to.asSlice(toAt + done, piece), piece);
    }
  }

  private static void move(MemorySegment from, MemorySegment to, long bytes) {
    try {
      Library.MOVE.invokeExact(to, from, bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("memmove: the binding is wrong", e);
    }
  }
}
