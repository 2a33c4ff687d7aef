package io.github.shardsum.internal.contraction;

/**
 * A function of a result's rows, and the position of the rows.
 *
 * @param stride distance between rows in the result, at least {@code columns}
 * @param columns number of elements of a row, which are contiguous
 * @param first the first row of a step's result
 */
public record RowEpilogue(Function function, long stride, long columns, long first) {
  /**
   * Changes pieces of rows in place: n values from a column of a row on, with the help of n spare
   * elements.
   */
  public sealed interface Function {
    /** A function of results that are computed in f32. */
    @FunctionalInterface
    non-sealed interface OfFloat extends Function {
      /** Replaces n values. */
      void apply(long row, long column, float[] values, int at, int n, float[] spare, int spareAt);
    }

    /** A function of results of f64. */
    @FunctionalInterface
    non-sealed interface OfDouble extends Function {
      /** Replaces n values. */
      void apply(
          long row, long column, double[] values, int at, int n, double[] spare, int spareAt);
    }
  }

  /** The epilogue of the part of the result that begins {@code rows} rows later. */
  RowEpilogue movedBy(long rows) {
    return new RowEpilogue(function, stride, columns, first + rows);
  }
}
