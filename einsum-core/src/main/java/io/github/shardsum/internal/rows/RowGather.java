package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.memory.StridedCopy;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Copies rows of a table, by their numbers. */
public final class RowGather {
  private RowGather() {}

  /**
   * out[i..., d...] = table[rows[i...], d...].
   *
   * @param rows the row numbers, in range, in C order of their shape
   */
  public static void run(Workers workers, Tensor out, Tensor table, long[] rows, Shape shape) {
    if (out.shape().elementCount() == 0) {
      return;
    }
    int rank = shape.rank();
    long[] lead = Arrays.copyOf(out.strides(), rank);
    Loops loops = Loops.of(shape.toArray(), shape.rowMajorStrides(), lead);
    Tensor row = table.select(0, 0);
    long[] steps = Arrays.copyOfRange(out.strides(), rank, out.rank());
    boolean bulk = row.isContiguous() && row(out, row, rank).isContiguous();
    ArrayRef from = ArrayRef.of(table);
    ArrayRef to = ArrayRef.of(out);
    ParallelRange.run(
        workers,
        rows.length,
        out.shape().elementCount(),
        (begin, end, _) -> {
          for (long point = begin; point < end; point++) {
            long number = rows[(int) loops.position(0, point)];
            long at = loops.position(1, point);
            if (bulk) {
              copy(table, number, out, at, row.shape().elementCount());
            } else {
              StridedCopy.copy(
                  row.shape().toArray(),
                  new StridedCopy.Side(
                      from.memory(), from.origin() + number * table.stride(0), row.strides()),
                  new StridedCopy.Side(to.memory(), to.origin() + at, steps));
            }
          }
        });
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
