package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Text and arrays at addresses that a plugin gave. */
public final class NativeMemory {
  private NativeMemory() {}

  /**
   * A segment from an address and a length, which lives as long as the process. The caller
   * guarantees that the memory exists.
   */
  @SuppressWarnings("restricted")
  public static MemorySegment at(MemorySegment address, long bytes) {
    return address.reinterpret(bytes);
  }

  /** UTF-8 text of a given length; empty for a null pointer. */
  public static String text(MemorySegment address, long bytes) {
    return new String(bytes(address, bytes), StandardCharsets.UTF_8);
  }

  /** A copy of bytes; empty for a null pointer. */
  public static byte[] bytes(MemorySegment address, long bytes) {
    return isNull(address) || bytes == 0 ? new byte[0] : at(address, bytes).toArray(JAVA_BYTE);
  }

  /** A copy of 64-bit numbers; empty for a null pointer. */
  public static long[] longs(MemorySegment address, long count) {
    return isNull(address) || count == 0
        ? new long[0]
        : at(address, Math.multiplyExact(count, 8L)).toArray(JAVA_LONG);
  }

  /** The pointers of an array. */
  public static List<MemorySegment> pointers(MemorySegment address, long count) {
    List<MemorySegment> pointers = new ArrayList<>();
    if (!isNull(address)) {
      MemorySegment array = at(address, Math.multiplyExact(count, ADDRESS.byteSize()));
      for (long i = 0; i < count; i++) {
        pointers.add(array.getAtIndex(ADDRESS, i));
      }
    }
    return pointers;
  }

  /** Bytes in native memory; the null pointer if there are none. */
  public static MemorySegment copy(SegmentAllocator arena, byte[] bytes) {
    return bytes.length == 0 ? MemorySegment.NULL : arena.allocateFrom(JAVA_BYTE, bytes);
  }

  /**
   * Numbers in native memory; never the null pointer, since a plugin may need an address even for
   * no numbers.
   */
  public static MemorySegment copy(SegmentAllocator arena, long[] numbers) {
    return numbers.length == 0 ? arena.allocate(JAVA_LONG) : arena.allocateFrom(JAVA_LONG, numbers);
  }

  /** Pointers in native memory; never the null pointer. */
  public static MemorySegment copy(SegmentAllocator arena, List<MemorySegment> pointers) {
    MemorySegment array = arena.allocate(ADDRESS, Math.max(1, pointers.size()));
    for (int i = 0; i < pointers.size(); i++) {
      array.setAtIndex(ADDRESS, i, pointers.get(i));
    }
    return array;
  }

  /** Whether this is the null pointer. */
  public static boolean isNull(MemorySegment address) {
    return address.address() == 0;
  }
}
