package io.github.shardsum.internal.kernel;

/**
 * Block sizes of the packed matrix product, in elements, with the reason for each.
 *
 * <p>Loops, outermost first: columns by {@code N}, k by {@code K} (pack B [K, N]), rows by {@code
 * M} (pack A [M, K]), tile columns, tile rows.
 *
 * @param m rows of a packed block of A: m * k elements take half of a 1 MiB second-level cache
 * @param n columns of a packed block of B: k * n elements are the few MiB a thread may use
 * @param k most products summed in registers: long, because each pass over k rereads C, for which
 *     Java has no prefetch (256 gave 81 % of peak, 512 87 %, 1024 91 % at 1024^3)
 * @param panel elements of a block of B with a small k, half of a 1 MiB second-level cache: more
 *     columns at once mean longer runs through the operands (2 times at 64 terms of a permuted B,
 *     1.2 times at 32 of a plain one)
 */
public record Blocking(int m, int n, int k, int panel) {
  /** Most products summed by one call of a tile kernel. */
  public static final int K_MAX = 1024;

  /**
   * Distance between rows of a packed panel of A. A constant, so that a tile kernel addresses all
   * its rows with one index register; 16 more than k, so that rows do not fall on the same cache
   * sets.
   */
  public static final int A_STRIDE = K_MAX + 16;

  /**
   * Up to so many terms the tiles of a block follow C's rows, not its columns: then C is what takes
   * the time, and runs along its rows are fetched ahead (84 against 69 GFLOP/s at 32 terms, 101
   * against 96 at 128, and nothing from 256 on).
   */
  public static final int K_ALONG_ROWS = 128;

  /** For elements of 4 bytes. */
  public static final Blocking WORDS = new Blocking(120, 1024, K_MAX, 128 << 10);

  /** For elements of 8 bytes. */
  public static final Blocking LONGS = new Blocking(60, 512, K_MAX, 64 << 10);

  /** Columns of a block of B with so many terms. */
  public int columns(int terms) {
    return Math.max(n, panel / terms);
  }
}
