package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.BufferInfo;
import io.github.shardsum.internal.local.run.MemoryPlan;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Gives buffers their offsets: two that are needed at the same time do not overlap, others may. The
 * largest goes first, each to the lowest offset where it fits.
 */
public final class MemoryPlanner {
  /** Bytes of a cache line: every buffer begins one. */
  private static final long LINE = 64;

  private MemoryPlanner() {}

  /**
   * Places buffers.
   *
   * @param buffers the buffers, each with its shape and the first and last step that needs it
   * @return the same with offsets, and the elements of each dtype together
   */
  public static MemoryPlan plan(List<BufferInfo> buffers) {
    BufferInfo[] placed = new BufferInfo[buffers.size()];
    EnumMap<DType, Long> elements = new EnumMap<>(DType.class);
    List<Integer> order =
        IntStream.range(0, placed.length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> -buffers.get(i).bytes()))
            .toList();
    List<BufferInfo> done = new ArrayList<>();
    for (int index : order) {
      BufferInfo buffer = place(buffers.get(index), done);
      placed[index] = buffer;
      long end = buffer.offset() + buffer.shape().elementCount();
      elements.merge(buffer.dtype(), end, Math::max);
      done.add(buffer);
    }
    return new MemoryPlan(List.of(placed), elements);
  }

  private static BufferInfo place(BufferInfo buffer, List<BufferInfo> done) {
    List<BufferInfo> alive =
        done.stream()
            .filter(other -> intersect(buffer, other))
            .sorted(Comparator.comparingLong(BufferInfo::offset))
            .toList();
    long offset = 0;
    for (BufferInfo other : alive) {
      if (offset + buffer.shape().elementCount() <= other.offset()) {
        break;
      }
      offset =
          Math.max(offset, aligned(buffer.dtype(), other.offset() + other.shape().elementCount()));
    }
    return new BufferInfo(buffer.dtype(), buffer.shape(), buffer.from(), buffer.to(), offset);
  }

  /** Whether both are in the memory of one dtype at the same step. */
  private static boolean intersect(BufferInfo x, BufferInfo y) {
    return x.dtype() == y.dtype() && x.from() <= y.to() && y.from() <= x.to();
  }

  private static long aligned(DType dtype, long elements) {
    long line = LINE / dtype.byteSize();
    return Math.ceilDiv(elements, line) * line;
  }
}
