package io.github.shardsum.internal.reduce;

/**
 * The memory that receives contiguous results.
 *
 * @param block the memory
 * @param origin the first term that is stored
 * @param start the index of its element
 */
public record ReductionSink(ReductionBlock block, long origin, long start) {
  long index(long term) {
    return start + term - origin;
  }
}
