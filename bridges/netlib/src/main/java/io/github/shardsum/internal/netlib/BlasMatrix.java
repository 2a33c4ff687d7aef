package io.github.shardsum.internal.netlib;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A matrix of f32 or f64 in a caller's array.
 *
 * @param dtype dtype of the elements
 * @param memory the whole array
 * @param offset position of the first element
 * @param rows number of rows
 * @param columns number of columns
 * @param down elements from one row to the next
 * @param along elements from one column to the next
 */
public record BlasMatrix(
    DType dtype, MemorySegment memory, long offset, int rows, int columns, long down, long along) {
  /**
   * A matrix that is stored column by column, as BLAS requires.
   *
   * @param offset position of the first element
   * @param rows number of rows
   * @param columns number of columns
   * @param leading elements from one column to the next
   */
  public static BlasMatrix of(double[] array, int offset, int rows, int columns, int leading) {
    MemorySegment memory = MemorySegment.ofArray(array);
    return new BlasMatrix(DType.F64, memory, offset, rows, columns, 1, leading);
  }

  /**
   * As {@link #of(double[], int, int, int, int)}, for floats.
   *
   * @param offset position of the first element
   * @param rows number of rows
   * @param columns number of columns
   * @param leading elements from one column to the next
   */
  public static BlasMatrix of(float[] array, int offset, int rows, int columns, int leading) {
    MemorySegment memory = MemorySegment.ofArray(array);
    return new BlasMatrix(DType.F32, memory, offset, rows, columns, 1, leading);
  }

  /** A fresh matrix of zeros, column by column. */
  static BlasMatrix zeros(DType dtype, int rows, int columns) {
    int elements = Math.multiplyExact(rows, columns);
    return dtype == DType.F64
        ? of(new double[elements], 0, rows, columns, rows)
        : of(new float[elements], 0, rows, columns, rows);
  }

  /** A copy, column by column without gaps. */
  BlasMatrix packed() {
    BlasMatrix copy = zeros(dtype, rows, columns);
    copy.tensor().assign(tensor());
    return copy;
  }

  /** The array of a packed matrix. */
  public double[] doubles() {
    return (double[]) memory.heapBase().orElseThrow();
  }

  /** The array of a packed matrix. */
  public float[] floats() {
    return (float[]) memory.heapBase().orElseThrow();
  }

  /**
   * The same elements with rows and columns exchanged.
   *
   * @return the view
   */
  public BlasMatrix transposed() {
    return new BlasMatrix(dtype, memory, offset, columns, rows, along, down);
  }

  /** The view of some rows and columns, the last ones excluded. */
  BlasMatrix part(int firstRow, int lastRow, int firstColumn, int lastColumn) {
    long at = offset + firstRow * down + firstColumn * along;
    return new BlasMatrix(
        dtype, memory, at, lastRow - firstRow, lastColumn - firstColumn, down, along);
  }

  /**
   * Checks that elements are inside an array. The error is the one that netlib throws.
   *
   * @param first position of one end
   * @param last position of the other
   * @param memory the array
   * @throws IndexOutOfBoundsException if an end is outside the array
   */
  public static void checkInside(long first, long last, MemorySegment memory, DType dtype) {
    long length = memory.byteSize() / dtype.byteSize();
    Objects.checkIndex(Math.min(first, last), length);
    Objects.checkIndex(Math.max(first, last), length);
  }

  Tensor tensor() {
    if (rows > 0 && columns > 0) {
      checkInside(offset, offset + (rows - 1) * down + (columns - 1) * along, memory, dtype);
    }
    return Tensor.ofStrided(dtype, memory, offset, Shape.of(rows, columns), down, along);
  }

  double get(int row, int column) {
    long at = offset + row * down + column * along;
    return dtype == DType.F64
        ? memory.getAtIndex(ValueLayout.JAVA_DOUBLE, at)
        : memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
  }

  void set(int row, int column, double value) {
    long at = offset + row * down + column * along;
    if (dtype == DType.F64) {
      memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, value);
    } else {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
    }
  }
}
