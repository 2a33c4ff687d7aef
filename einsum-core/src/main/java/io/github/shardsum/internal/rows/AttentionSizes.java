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
    int most = Math.min(MOST_KEYS, summing().blocking().k()) / columns;
    return Math.clamp(Math.ceilDiv(keys, columns), 1, most) * columns;
  }

  /** The number of rows of a block. */
  int blockRows() {
    int unit = summing().rows();
    return Math.clamp(rows, 1, Math.max(1, ROWS / unit) * unit);
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

  /** These sizes with the width and the columns of values swapped. */
  AttentionSizes turned() {
    return new AttentionSizes(rows, keys, /* width= */ out, /* out= */ width);
  }

  /** The tiles of sums over rows of as many columns as a value has. */
  FloatMicrokernel adding() {
    return BEST.forSizes(out, blockRows());
  }

  /** The distance between rows of such sums: whole tiles. */
  int addStride() {
    return Math.ceilDiv(out, adding().columns()) * adding().columns();
  }

  /** The distance between rows of the left operands of such sums. */
  int addQueryStride() {
    return Math.max(adding().blocking().aStride(), turned().adding().blocking().aStride());
  }

  /** The distance between panels of the right operands of such sums. */
  int addPanel(FloatMicrokernel kernel) {
    return blockRows() * kernel.columns() + Blocking.GAP;
  }

  /** The most rows of any tile. */
  int mostTileRows() {
    AttentionSizes other = turned();
    int forward = Math.max(scoring().rows(), other.scoring().rows());
    int sums = Math.max(adding().rows(), other.adding().rows());
    return Math.max(Math.max(forward, sums), Math.max(summing().rows(), other.summing().rows()));
  }

  /** The number of rows that tiles of the gradient may write. */
  int gradientRows() {
    return blockRows() + mostTileRows();
  }

  /** The most bytes of the scratch of a task of the gradient. */
  long gradientBytes() {
    AttentionSizes other = turned();
    long most = (long) block() + mostTileRows();
    long perRow =
        (long) queryStride()
            + other.queryStride()
            + other.scoreStride()
            + other.block()
            + other.sumStride();
    long perKey = (long) addQueryStride() + Math.max(addStride(), other.addStride());
    long panels =
        (long) (addStride() + other.addStride()) * blockRows()
            + 2L * (addStride() + other.addStride()) * Blocking.GAP;
    long packed = (long) packedKeys() + other.packedKeys() + other.packedValues();
    long copied = (long) keys * (width + out + Math.max(width, out));
    return Float.BYTES
            * (gradientRows() * (perRow + 2) + most * perKey + panels + packed + copied + out)
        + Long.BYTES * ((long) keys + gradientRows());
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
