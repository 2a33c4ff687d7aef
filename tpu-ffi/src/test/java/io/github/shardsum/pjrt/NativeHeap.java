package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** glibc's count of its own memory. */
final class NativeHeap {
  // struct mallinfo2: arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
  // keepcost.
  private static final MemoryLayout INFO = MemoryLayout.structLayout(longs());
  private static final int MAPPED = 4;
  private static final int IN_USE = 7;

  private static MemoryLayout[] longs() {
    MemoryLayout[] longs = new MemoryLayout[10];
    Arrays.fill(longs, JAVA_LONG);
    return longs;
  }

  private NativeHeap() {}

  @SuppressWarnings("restricted")
  static long bytesInUse() {
    Linker linker = Linker.nativeLinker();
    MethodHandle mallinfo =
        linker.downcallHandle(
            linker.defaultLookup().find("mallinfo2").orElseThrow(), FunctionDescriptor.of(INFO));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
      return info.getAtIndex(JAVA_LONG, MAPPED) + info.getAtIndex(JAVA_LONG, IN_USE);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
