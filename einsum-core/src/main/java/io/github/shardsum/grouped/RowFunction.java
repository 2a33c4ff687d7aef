package io.github.shardsum.grouped;

/**
 * The last part of a {@link GroupedProduct}'s epilogue: a function of whole pieces of rows, in
 * place, called while a piece that was just summed is in the first-level cache. It computes what a
 * factor, a bias and a relu cannot: an activation with an exponential, a gate, a weight of each
 * row.
 *
 * <p>How a row is cut into pieces depends on the machine and on the threads. So the result must not
 * depend on the pieces: a value may depend only on its own sum, its row and its column. Pieces come
 * in any order, and from several threads at once.
 */
public sealed interface RowFunction {
  /** A function of results that are computed in f32, as those of bf16 are. */
  @FunctionalInterface
  non-sealed interface OfFloat extends RowFunction {
    /**
     * Replaces n values.
     *
     * @param row of the result
     * @param column of the first value
     * @param values the values from {@code at} on; others are not touched
     * @param at index of the first
     * @param n how many, at least 1
     * @param spare n elements from {@code spareAt} on for intermediate values
     * @param spareAt index of the first
     */
    void apply(long row, long column, float[] values, int at, int n, float[] spare, int spareAt);
  }

  /** A function of results of f64. */
  @FunctionalInterface
  non-sealed interface OfDouble extends RowFunction {
    /**
     * Replaces n values.
     *
     * @param row of the result
     * @param column of the first value
     * @param values the values from {@code at} on; others are not touched
     * @param at index of the first
     * @param n how many, at least 1
     * @param spare n elements from {@code spareAt} on for intermediate values
     * @param spareAt index of the first
     */
    void apply(long row, long column, double[] values, int at, int n, double[] spare, int spareAt);
  }
}
