package io.github.shardsum.internal.reduce;

/**
 * Where results go, one after another.
 *
 * @param block the memory
 * @param origin the first term that goes there
 * @param start its place
 */
public record Sink(ElementBlock block, long origin, long start) {
  long index(long term) {
    return start + term - origin;
  }
}
