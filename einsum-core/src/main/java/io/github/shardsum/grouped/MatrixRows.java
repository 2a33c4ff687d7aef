package io.github.shardsum.grouped;

import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.contraction.GroupedSteps.Side;
import io.github.shardsum.internal.memory.TableRowsMemory;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Locale;
import java.util.Optional;

/**
 * Rows {@code [r, n]} that a {@link GroupedProduct} reads: the rows of a matrix, or rows of any
 * tensor, gathered by a table. Gathered rows are read in place while the product packs its operand,
 * or multiplies a few rows by a matrix; no copy of them is stored. This object aliases the tensor
 * and the table, which must not change while a product reads them.
 */
public final class MatrixRows {
  private final Tensor source;
  private final Optional<long[]> starts;
  private final int first;
  private final long count;

  private MatrixRows(Tensor source, Optional<long[]> starts, int first, long count) {
    this.source = source;
    this.starts = starts;
    this.first = first;
    this.count = count;
  }

  /**
   * The rows of a matrix, in order.
   *
   * @param matrix {@code [r, n]}
   * @return its rows
   * @throws IllegalArgumentException if the tensor is not a matrix
   */
  public static MatrixRows of(Tensor matrix) {
    if (matrix.rank() != 2) {
      throw new IllegalArgumentException(
          "rows: expected a matrix [r, n], got " + matrix.description());
    }
    return new MatrixRows(matrix, Optional.empty(), 0, matrix.size(0));
  }

  /**
   * Rows along a tensor's last axis, with the starts and in the order of a table.
   *
   * @param source {@code [..., n]}
   * @param starts for each row the position of its first element, counted from the tensor's first
   *     element as in {@link io.github.shardsum.tensor.Elements}
   * @param count number of rows; the table may be longer
   * @return the rows {@code [count, n]}
   * @throws IllegalArgumentException if the source is a scalar, or has more than 2^31 - 9 elements
   *     along its last axis
   * @throws IndexOutOfBoundsException if a row is not inside the source's segment, or the table is
   *     too short
   */
  public static MatrixRows gathered(Tensor source, long[] starts, int count) {
    if (source.rank() == 0 || source.size(source.rank() - 1) > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "rows: expected a tensor [..., n] with n of at most 2^31 - 9, got "
              + source.description());
    }
    MatrixRows rows = new MatrixRows(source, Optional.of(starts), 0, count);
    if (count > 0 && rows.width() > 0) {
      rows.checkInside(starts, count);
    }
    return rows;
  }

  private void checkInside(long[] starts, int count) {
    long length = source.segment().byteSize() / source.dtype().byteSize();
    long along = (width() - 1) * step();
    for (int row = 0; row < count; row++) {
      long from = source.offset() + starts[row] + Math.min(0, along);
      long last = source.offset() + starts[row] + Math.max(0, along);
      if (from < 0 || last >= length) {
        throw new IndexOutOfBoundsException(
            String.format(
                Locale.ROOT,
                "rows: row %d must lie inside %s, got a start at position %d",
                row,
                source.description(),
                starts[row]));
      }
    }
  }

  private long step() {
    return source.stride(source.rank() - 1);
  }

  /** The number of rows. */
  long count() {
    return count;
  }

  /** Elements of a row. */
  long width() {
    return source.size(source.rank() - 1);
  }

  DType dtype() {
    return source.dtype();
  }

  /** The tensor whose elements are read. */
  Tensor source() {
    return source;
  }

  /** A range of the rows. */
  MatrixRows slice(long from, long to) {
    return starts.isPresent()
        ? new MatrixRows(source, starts, first + (int) from, to - from)
        : of(source.slice(0, from, to));
  }

  /** A left operand: rows and the labels after them. */
  Side byTerms() {
    return side(true);
  }

  /** The right operand of products that sum over rows: rows and columns. */
  Side byColumns() {
    return side(false);
  }

  private Side side(boolean terms) {
    long row = starts.isPresent() ? width() : source.stride(0);
    long step = starts.isPresent() ? 1 : source.stride(1);
    return new Side(ref(), 0, row, terms ? step : 0, terms ? 0 : step);
  }

  private ArrayRef ref() {
    ArrayRef all = ArrayRef.of(source);
    if (starts.isEmpty()) {
      return all;
    }
    int width = Math.toIntExact(width());
    TableRowsMemory table =
        new TableRowsMemory(all.memory(), all.origin(), starts.get(), step(), width);
    return new ArrayRef(table, (long) first * width);
  }

  @Override
  public String toString() {
    return starts.isPresent()
        ? String.format(Locale.ROOT, "%d rows of %s", count, source.description())
        : source.description();
  }
}
