package io.github.shardsum.internal.local;

import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Places of buffers: two that are needed at the same time do not overlap, others may. The largest
 * goes first, each to the lowest place where it fits.
 *
 * @param buffers the buffers with their places
 * @param elements for each dtype, elements of all its buffers together
 */
record MemoryPlan(List<BufferInfo> buffers, Map<DType, Long> elements) {
  /** 64 bytes of the narrowest dtype, so that every buffer begins a cache line. */
  private static final long ALIGNMENT = 64;

  /** Copies list and map. */
  MemoryPlan {
    buffers = List.copyOf(buffers);
    elements = Map.copyOf(elements);
  }

  static MemoryPlan of(List<BufferInfo> wanted) {
    BufferInfo[] placed = new BufferInfo[wanted.size()];
    EnumMap<DType, Long> elements = new EnumMap<>(DType.class);
    List<Integer> order =
        IntStream.range(0, placed.length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> -wanted.get(i).bytes()))
            .toList();
    List<BufferInfo> done = new ArrayList<>();
    for (int index : order) {
      BufferInfo buffer = place(wanted.get(index), done);
      placed[index] = buffer;
      long end = buffer.offset() + buffer.shape().elementCount();
      elements.merge(buffer.dtype(), end, Math::max);
      done.add(buffer);
    }
    return new MemoryPlan(List.of(placed), elements);
  }

  private static BufferInfo place(BufferInfo buffer, List<BufferInfo> done) {
    List<BufferInfo> near =
        done.stream()
            .filter(buffer::meets)
            .sorted(Comparator.comparingLong(BufferInfo::offset))
            .toList();
    long offset = 0;
    for (BufferInfo other : near) {
      if (offset + buffer.shape().elementCount() <= other.offset()) {
        break;
      }
      offset = Math.max(offset, aligned(other.offset() + other.shape().elementCount()));
    }
    return new BufferInfo(buffer.dtype(), buffer.shape(), buffer.from(), buffer.to(), offset);
  }

  private static long aligned(long elements) {
    return Math.ceilDiv(elements, ALIGNMENT) * ALIGNMENT;
  }

  long bytes() {
    long bytes = 0;
    for (Map.Entry<DType, Long> each : elements.entrySet()) {
      bytes += each.getValue() * each.getKey().byteSize();
    }
    return bytes;
  }

  /** For each of so many steps the bytes of the buffers that it needs. */
  long[] liveBytes(int steps) {
    long[] changes = new long[steps + 1];
    for (BufferInfo buffer : buffers) {
      if (buffer.from() < steps && buffer.from() <= buffer.to()) {
        changes[Math.max(0, buffer.from())] += buffer.bytes();
        changes[Math.min(steps, buffer.to() + 1)] -= buffer.bytes();
      }
    }
    Arrays.parallelPrefix(changes, Long::sum);
    return Arrays.copyOf(changes, steps);
  }
}
