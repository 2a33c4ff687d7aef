package io.github.shardsum.mesh;

import java.util.List;

/**
 * The division of n elements over p parts: chunks of ceil(n / p), the last ones shorter or empty.
 *
 * <p>Seven over four gives 2, 2, 2, 1; five over four gives 2, 2, 1, 0. Source: XLA's tiled
 * shardings.
 *
 * <p>Over several axes there are chunks of chunks: each chunk along the first axis is divided over
 * the second by its actual size. Six over two and then two gives 2, 1, 2, 1. So a further axis cuts
 * the chunk of each device, and a gather over x and y equals a gather over y and then one over x.
 */
public final class Chunks {
  private Chunks() {}

  /**
   * The first index of a part's chunk.
   *
   * @param n number of elements, at least 0
   * @param parts number of parts, at least 1
   * @param part the part, in [0, parts)
   * @return the index of its first element; n if the chunk is empty
   * @throws IllegalArgumentException if n is negative or parts is below 1
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public static long start(long n, int parts, int part) {
    if (n < 0 || parts < 1) {
      throw new IllegalArgumentException(
          "chunks: elements must be at least 0 and parts at least 1, got " + n + " over " + parts);
    }
    if (part < 0 || part >= parts) {
      throw new IndexOutOfBoundsException(
          "chunks: the part must be in [0, " + parts + "), got " + part);
    }
    return Math.min(n, Math.ceilDiv(n, parts) * part);
  }

  /**
   * The number of elements of a part's chunk.
   *
   * @param n number of elements, at least 0
   * @param parts number of parts, at least 1
   * @param part the part, in [0, parts)
   * @return the size, at least 0
   * @throws IllegalArgumentException if n is negative or parts is below 1
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public static long size(long n, int parts, int part) {
    long start = start(n, parts, part);
    return Math.min(Math.ceilDiv(n, parts), n - start);
  }

  /**
   * The first index of a part's chunk of chunks.
   *
   * @param n number of elements, at least 0
   * @param parts number of parts of each level, major to minor
   * @param part the part, in [0, product of parts), in row-major order
   * @return the index of its first element; if the chunk is empty, the end of the chunk that
   *     contains it
   * @throws IllegalArgumentException if n is negative, a number of parts is below 1, or the product
   *     is above 2^31 - 1
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public static long start(long n, List<Integer> parts, int part) {
    return deal(n, parts, part)[0];
  }

  /**
   * The number of elements of a part's chunk of chunks.
   *
   * @param n number of elements, at least 0
   * @param parts number of parts of each level, major to minor
   * @param part the part, in [0, product of parts), in row-major order
   * @return the size, at least 0
   * @throws IllegalArgumentException if n is negative, a number of parts is below 1, or the product
   *     is above 2^31 - 1
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public static long size(long n, List<Integer> parts, int part) {
    return deal(n, parts, part)[1];
  }

  private static long[] deal(long n, List<Integer> parts, int part) {
    int stride = count(parts);
    if (n < 0) {
      throw new IllegalArgumentException("chunks: n must be at least 0, got " + n);
    }
    if (part < 0 || part >= stride) {
      throw new IndexOutOfBoundsException(
          "chunks: the part must be in [0, " + stride + "), got " + part);
    }
    long start = 0;
    long size = n;
    for (int level : parts) {
      stride /= level;
      int digit = part / stride % level;
      long inner = start(size, level, digit);
      size = size(size, level, digit);
      start += inner;
    }
    return new long[] {start, size};
  }

  /** Number of parts in all. */
  static int count(List<Integer> parts) {
    long count = 1;
    for (int level : parts) {
      if (level < 1) {
        throw new IllegalArgumentException(
            "chunks: every number of parts must be at least 1, got " + parts);
      }
      count *= level;
      if (count > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "chunks: parts must be at most 2^31 - 1 in all, got " + parts);
      }
    }
    return (int) count;
  }
}
