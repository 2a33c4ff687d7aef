package io.github.shardsum.internal.reduce;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The memory of one node's terms. Term e, counted in the result's order, is element start + (e -
 * origin) / run * stride + (e - origin) % run. The stride serves reduce-scatters, which read a
 * slice of each operand.
 *
 * @param block the memory
 * @param origin the first term that the block holds
 * @param start the index of its element
 * @param run number of contiguous terms
 * @param stride distance from one run to the next, in elements
 */
public record ReductionSource(
    ReductionBlock block, long origin, long start, long run, long stride) {
  /** Contiguous terms, from the origin on. */
  public static ReductionSource contiguous(ReductionBlock block, long origin, long start) {
    return new ReductionSource(block, origin, start, Long.MAX_VALUE, 0);
  }

  /** A range of terms, if it is contiguous in native memory. */
  public Optional<MemorySegment> inNativeMemory(long term, long count) {
    int width = block.dtype().byteSize();
    return runAt(term) >= count
        ? block.inNativeMemory(index(term) * width, count * width)
        : Optional.empty();
  }

  /** The byte offset of a range of terms in the memory, if the range is contiguous. */
  public OptionalLong together(long term, long count) {
    return runAt(term) >= count
        ? OptionalLong.of(block.at() + index(term) * block.dtype().byteSize())
        : OptionalLong.empty();
  }

  long index(long term) {
    long e = term - origin;
    return run == Long.MAX_VALUE ? start + e : start + e / run * stride + e % run;
  }

  /** Number of contiguous terms from this one on. */
  long runAt(long term) {
    return run == Long.MAX_VALUE ? Long.MAX_VALUE : run - (term - origin) % run;
  }
}
