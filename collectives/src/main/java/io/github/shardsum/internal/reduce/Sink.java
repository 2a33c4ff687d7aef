package io.github.shardsum.internal.reduce;

/**
 * The memory that receives results, one after another.
 *
 * @param block the memory
 * @param origin the first term that is stored
 * @param start its place
 */
public record Sink(ElementBlock block, long origin, long start) {
  long index(long term) {
    return start + term - origin;
  }
}
