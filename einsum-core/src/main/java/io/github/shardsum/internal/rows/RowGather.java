package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.memory.StridedCopy;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Copies rows of a table, by their numbers. */
public final class RowGather {
  private RowGather() {}

  /**
   * out[i..., d...] = table[indices[i...], d...]; an index below 0 counts from the end.
   *
   * @param indices i32 or i64; in C order they are read where they are, otherwise copied
   * @param least the least index that is allowed, 0 or minus the number of rows
   * @throws IndexOutOfBoundsException if one is out of range; nothing is then written
   */
  public static void run(
      String name, Workers workers, Tensor out, Tensor table, Tensor indices, long least) {
    Elements numbers = Elements.of(indices.contiguous());
    long count = indices.shape().elementCount();
    check(name, numbers, count, table, least);
    if (out.shape().elementCount() == 0) {
      return;
    }
    Shape shape = indices.shape();
    int rank = shape.rank();
    long[] lead = Arrays.copyOf(out.strides(), rank);
    // The strides of C order, so that a point of the loops is the number of an index.
    Loops loops = Loops.of(shape.toArray(), shape.rowMajorStrides(), lead);
    Tensor row = table.select(0, 0);
    long[] steps = Arrays.copyOfRange(out.strides(), rank, out.rank());
    boolean bulk = row.isContiguous() && row(out, row, rank).isContiguous();
    ArrayRef from = ArrayRef.of(table);
    ArrayRef to = ArrayRef.of(out);
    ParallelRange.run(
        workers,
        count,
        out.shape().elementCount(),
        (begin, end, _) -> {
          StridedCopy.Repeated strided =
              new StridedCopy.Repeated(
                  row.shape().toArray(), to.memory(), steps, from.memory(), row.strides());
          for (long point = begin; point < end; point++) {
            long index = numbers.getLong(point);
            long number = index < 0 ? index + table.size(0) : index;
            long at = loops.position(1, point);
            if (bulk) {
              copy(table, number, out, at, row.shape().elementCount());
            } else {
              strided.copy(to.origin() + at, from.origin() + number * table.stride(0));
            }
          }
        });
  }

  private static void check(String name, Elements numbers, long count, Tensor table, long least) {
    for (long i = 0; i < count; i++) {
      long number = numbers.getLong(i);
      if (number < least || number >= table.size(0)) {
        throw new IndexOutOfBoundsException(
            name
                + ": expected indices in ["
                + least
                + ", "
                + table.size(0)
                + "), rows of "
                + table.description()
                + ", got "
                + number
                + " as number "
                + i);
      }
    }
  }

  private static void copy(Tensor table, long number, Tensor out, long at, long elements) {
    long size = table.dtype().byteSize();
    MemorySegment.copy(
        table.segment(),
        (table.offset() + number * table.stride(0)) * size,
        out.segment(),
        (out.offset() + at) * size,
        elements * size);
  }

  private static Tensor row(Tensor out, Tensor row, int rank) {
    long[] strides = Arrays.copyOfRange(out.strides(), rank, out.rank());
    return Tensor.ofStrided(out.dtype(), out.segment(), out.offset(), row.shape(), strides);
  }
}
