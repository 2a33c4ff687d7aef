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
 */
public record Blocking(int m, int n, int k) {
  /** Most products summed by one call of a tile kernel. */
  public static final int K_MAX = 1024;

  /**
   * Distance between rows of a packed panel of A. A constant, so that a tile kernel addresses all
   * its rows with one index register; 16 more than k, so that rows do not fall on the same cache
   * sets.
   */
  public static final int A_STRIDE = K_MAX + 16;

  /** For elements of 4 bytes. */
  public static final Blocking WORDS = new Blocking(120, 1024, K_MAX);

  /** For elements of 8 bytes. */
  public static final Blocking LONGS = new Blocking(60, 512, K_MAX);
}
