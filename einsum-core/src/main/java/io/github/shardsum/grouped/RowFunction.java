package io.github.shardsum.grouped;

/**
 * The last part of a {@link GroupedProduct}'s epilogue: a function of pieces of rows, in place. It
 * is called while a piece that was just summed is in the first-level cache. It computes operations
 * beyond a factor, a bias and a relu, such as an activation with an exponential, a gate, or a
 * weight of each row.
 *
 * <p>The division of a row into pieces depends on the machine and on the threads, so the result
 * must not depend on the pieces: a value may depend only on its own sum, its row and its column.
 * Pieces come in any order, and from several threads at once.
 */
public sealed interface RowFunction {
  /** A function of results that are computed in f32, which includes those of bf16. */
  @FunctionalInterface
  non-sealed interface OfFloat extends RowFunction {
    /**
     * Replaces n values.
     *
     * @param row the row of the result
     * @param column the column of the first value
     * @param values the values from {@code at} on; others are not touched
     * @param at index of the first value
     * @param n number of values, at least 1
     * @param spare n elements from {@code spareAt} on for intermediate values
     * @param spareAt index of the first of these elements
     */
    void apply(long row, long column, float[] values, int at, int n, float[] spare, int spareAt);
  }

  /** A function of results of f64. */
  @FunctionalInterface
  non-sealed interface OfDouble extends RowFunction {
    /**
     * Replaces n values.
     *
     * @param row the row of the result
     * @param column the column of the first value
     * @param values the values from {@code at} on; others are not touched
     * @param at index of the first value
     * @param n number of values, at least 1
     * @param spare n elements from {@code spareAt} on for intermediate values
     * @param spareAt index of the first of these elements
     */
    void apply(long row, long column, double[] values, int at, int n, double[] spare, int spareAt);
  }
}
