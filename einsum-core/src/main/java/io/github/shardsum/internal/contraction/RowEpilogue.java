package io.github.shardsum.internal.contraction;

import io.github.shardsum.ops.RowFunction;

/**
 * A function of a result's rows, and where these lie.
 *
 * @param function the function
 * @param stride distance between rows in the result, at least {@code columns}
 * @param columns elements of a row, one after another
 * @param first row that a step's result begins with
 */
public record RowEpilogue(RowFunction function, long stride, long columns, long first) {
  /** That of a result that begins so many rows further on. */
  RowEpilogue movedBy(long rows) {
    return new RowEpilogue(function, stride, columns, first + rows);
  }
}
