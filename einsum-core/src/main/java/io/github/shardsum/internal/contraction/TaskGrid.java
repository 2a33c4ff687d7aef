package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.exec.ThreadSharing;

/**
 * The division of a batch of matrix products into tasks of about equal work: by batches if there
 * are enough, otherwise also by rows or columns. Parts are whole register tiles, since any other
 * division wastes up to a tile in each part.
 */
record TaskGrid(
    long batches, long rows, int mr, long columns, int nr, int byBatch, int byRow, int byColumn) {
  /**
   * Number of multiply-adds of a small product in a nanosecond, for each column of its tile: a tile
   * has two vectors of columns, and a core multiplies one or two vectors a cycle.
   */
  private static final double RATE = 3;

  /** The largest number of columns of a tile of vectors. */
  private static final int WIDEST = 64;

  /**
   * The number of columns that counts for a tile without vectors, which is as wide as a block of
   * columns.
   */
  private static final int OF_A_LOOP = 4;

  /**
   * Whether this many multiply-adds are worth more than one thread: a thread that takes a part of
   * them reads operands that another thread wrote.
   *
   * @param width columns of a register tile
   */
  static boolean areWorthSharing(long products, int width, Workers workers) {
    return workers.parallelism() > 1
        && workers.areWorthwhile(nanos(products, width), bytes(products));
  }

  /** Whether this many multiply-adds are too few for any threads. */
  static boolean areFew(long products, int width) {
    return ThreadSharing.isTooShort(nanos(products, width));
  }

  /** Whether this many multiply-adds are enough for any threads to share. */
  static boolean areMany(long products, int width) {
    return ThreadSharing.isLong(nanos(products, width));
  }

  private static double nanos(long products, int width) {
    return products / (RATE * (width <= WIDEST ? width : OF_A_LOOP));
  }

  /**
   * Bytes that another thread reads, for a product of three equal sizes: one operand, and half of
   * the other and of the result.
   */
  private static long bytes(long products) {
    double side = Math.cbrt(products);
    return (long) (2 * Float.BYTES * side * side);
  }

  /**
   * The part of one task: batches, rows m and columns n, each from the first number to the second,
   * exclusive.
   */
  record Part(long batch0, long batch1, long m0, long m1, long n0, long n1) {}

  static TaskGrid of(long batches, long rows, int mr, long columns, int nr, int parallelism) {
    if (parallelism == 1) {
      return new TaskGrid(batches, rows, mr, columns, nr, 1, 1, 1);
    }
    if (batches >= 4L * parallelism || batches % parallelism == 0) {
      int parts = (int) Math.min(batches, 4L * parallelism);
      return new TaskGrid(batches, rows, mr, columns, nr, parts, 1, 1);
    }
    long mTiles = Math.ceilDiv(rows, mr);
    long nTiles = Math.ceilDiv(columns, nr);
    int perBatch = (int) Math.ceilDiv(parallelism, batches);
    // Each part packs its own panels, so a cut of the longer side repeats less packing.
    boolean columnsFirst = columns >= rows;
    int first = (int) Math.min(columnsFirst ? nTiles : mTiles, perBatch);
    int second = (int) Math.min(columnsFirst ? mTiles : nTiles, Math.ceilDiv(perBatch, first));
    return columnsFirst
        ? new TaskGrid(batches, rows, mr, columns, nr, (int) batches, second, first)
        : new TaskGrid(batches, rows, mr, columns, nr, (int) batches, first, second);
  }

  /** Whether there are too few products to give whole products to every thread. */
  boolean divideProducts() {
    return byRow * byColumn > 1;
  }

  int count() {
    return byBatch * byRow * byColumn;
  }

  Part part(int task) {
    int column = task % byColumn;
    int row = task / byColumn % byRow;
    int batch = task / byColumn / byRow;
    return new Part(
        batches * batch / byBatch,
        batches * (batch + 1) / byBatch,
        cut(rows, mr, row, byRow),
        cut(rows, mr, row + 1, byRow),
        cut(columns, nr, column, byColumn),
        cut(columns, nr, column + 1, byColumn));
  }

  /** The beginning of a part, if a size is divided into about equal parts of whole tiles. */
  static long cut(long size, int tile, int part, int parts) {
    long tiles = Math.ceilDiv(size, tile);
    return Math.min(size, tiles * part / parts * tile);
  }
}
