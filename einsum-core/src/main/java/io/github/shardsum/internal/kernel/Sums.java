package io.github.shardsum.internal.kernel;

/**
 * The order of the additions in a row of floating-point terms. Every implementation, at every
 * vector width, uses this order, so that all give the same bits.
 *
 * <p>The first {@code n - n % LANES} of n terms are taken in blocks of {@code BLOCK}. Within a
 * block, the terms whose positions agree modulo {@code STRIDE} form a chain of at most 8 terms,
 * added up from zero in the type of the terms. Chains c, c + 16, c + 32 and c + 48 are added as (c
 * + (c + 32)) + ((c + 16) + (c + 48)), widened to f64 and added to lane c. The lanes are added by
 * halving, and then the last {@code n % LANES} terms are added in order in f64.
 *
 * <p>A term passes through at most 8 + 2 roundings of f32 (a product's included), so the error is
 * below 10 * 2^-24 = 6e-7 of the sum of absolute terms; the additions in f64 contribute less than n
 * * 2^-62 of that sum.
 */
public final class Sums {
  /** Number of sums in f64; a multiple of every vector length. */
  public static final int LANES = 16;

  /**
   * Number of chains: four for each lane, enough to hide the latency of an addition at 512 bits.
   */
  public static final int STRIDE = 4 * LANES;

  /**
   * Number of terms of a chain. More would exceed the bound above; fewer would need more
   * conversions to f64.
   */
  public static final int RUN = 8;

  /** Number of terms between two widenings. */
  public static final int BLOCK = RUN * STRIDE;

  /**
   * Number of rows that are summed together: enough streams to read memory at full speed on pages
   * of 4 KiB (15.5 GB/s on an Intel server; one stream reaches 11.5).
   */
  public static final int ROWS = 4;

  /** Number of elements of the lanes of rows that are summed together. */
  public static final int ROOM = ROWS * LANES;

  private Sums() {}

  /** Adds up, by halving, the lanes from a position on. */
  public static double reduceLanes(double[] lanes, int at) {
    return (fourth(lanes, at) + fourth(lanes, at + 2))
        + (fourth(lanes, at + 1) + fourth(lanes, at + 3));
  }

  /** The sum of each fourth lane from a position on, by halving. */
  private static double fourth(double[] lanes, int at) {
    return (lanes[at] + lanes[at + LANES / 2])
        + (lanes[at + LANES / 4] + lanes[at + LANES / 4 * 3]);
  }
}
