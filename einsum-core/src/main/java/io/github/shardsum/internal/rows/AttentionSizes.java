package io.github.shardsum.internal.rows;

import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.selection.KernelSelection;

/**
 * Sizes of the attention of one head, and of the blocks in which it is computed.
 *
 * @param rows the number of rows of the whole head
 * @param keys the number of keys
 * @param width the number of products of a score
 * @param out the columns of a value
 */
record AttentionSizes(long rows, int keys, int width, int out) {
  /** The largest number of keys of a block: rows of scores stay in the first-level cache. */
  private static final int MOST_KEYS = 512;

  /** About the number of rows of a block: their scores stay in the second-level cache. */
  private static final int ROWS = 112;

  /**
   * Up to this many rows of a head, keys and values are read in place: to pack them takes longer.
   */
  private static final int FEW_ROWS = 4;

  private static final FloatMicrokernel BEST = KernelSelection.best().gemm().floats();

  /** Whether scores of this width are one pass of a tile. */
  static boolean fits(long width) {
    return width >= 1 && width <= BEST.blocking().k();
  }

  /** Whether keys and values are read in place. */
  boolean few() {
    return rows <= FEW_ROWS;
  }

  /** The tiles of scores. */
  FloatMicrokernel scoring() {
    return BEST.forSizes(MOST_KEYS, width);
  }

  /** The tiles of sums of values. */
  FloatMicrokernel summing() {
    return BEST.forSizes(out, MOST_KEYS);
  }

  /** The number of keys of a block, a multiple of the columns of a tile of scores. */
  int block() {
    int columns = scoring().columns();
    return Math.min(MOST_KEYS, summing().blocking().k()) / columns * columns;
  }

  /** The number of rows of a block. */
  int blockRows() {
    int unit = summing().rows();
    return (int) Math.min(Math.ceilDiv(rows, unit), Math.max(1, ROWS / unit)) * unit;
  }

  /** The number of rows that tiles may write: the last one may have more rows than are left. */
  int writtenRows() {
    return blockRows() + Math.max(scoring().rows(), summing().rows());
  }

  /** The distance between rows of scores, which are the left operand of sums. */
  int scoreStride() {
    return summing().blocking().aStride();
  }

  /** The distance between rows of queries. */
  int queryStride() {
    return scoring().blocking().aStride();
  }

  /** The distance between rows of sums: whole tiles. */
  int sumStride() {
    return panelsOfValues() * summing().columns();
  }

  /** Panels of the values of a block of keys. */
  int panelsOfValues() {
    return Math.ceilDiv(out, summing().columns());
  }

  /** The distance between panels of keys. */
  int keyPanel() {
    return width * scoring().columns() + Blocking.GAP;
  }

  /** The distance between panels of values. */
  int valuePanel() {
    return block() * summing().columns() + Blocking.GAP;
  }

  /** Elements of all packed keys. */
  int packedKeys() {
    return Math.ceilDiv(keys, scoring().columns()) * keyPanel();
  }

  /** Elements of all packed values. */
  int packedValues() {
    return Math.ceilDiv(keys, block()) * panelsOfValues() * valuePanel();
  }

  /** The most bytes of the scratch of a task. */
  long bytes() {
    long perRow = (long) queryStride() + scoreStride() + sumStride() + 1;
    long copied = (long) keys * (width + out);
    long packed = few() ? 0 : (long) packedKeys() + packedValues();
    return Float.BYTES * (writtenRows() * perRow + copied + packed)
        + Long.BYTES * (2L * writtenRows() + keys + 2L * block());
  }
}
