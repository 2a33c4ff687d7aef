package io.github.shardsum.mesh;

/**
 * How n elements are dealt out over p parts: chunks of ceil(n / p), the last ones shorter or empty.
 *
 * <p>Seven over four gives 2, 2, 2, 1; five over four gives 2, 2, 1, 0. Source: XLA's tiled
 * shardings.
 */
public final class Chunks {
  private Chunks() {}

  /**
   * Where a part's chunk begins.
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
          "chunks: at least 0 elements over at least 1 part are wanted, got "
              + n
              + " over "
              + parts);
    }
    if (part < 0 || part >= parts) {
      throw new IndexOutOfBoundsException(
          "chunks: a part in [0, " + parts + ") is wanted, got " + part);
    }
    return Math.min(n, Math.ceilDiv(n, parts) * part);
  }

  /**
   * How many elements a part's chunk has.
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
}
