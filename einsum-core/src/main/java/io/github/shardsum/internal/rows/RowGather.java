package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.memory.StridedCopy;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Copies the rows of a table whose numbers are given. */
public final class RowGather {
  /** The largest number of elements that are picked from one run of memory. */
  private static final int PICKED = 4096;

  /**
   * Limit of the elements read for each element picked: a quarter of a cache line of f32 elements.
   */
  private static final int MOST_READ = 4;

  private RowGather() {}

  /**
   * out[i..., d...] = table[indices[i...], d...]; an index below 0 counts from the end.
   *
   * @param indices i32 or i64; they are copied unless they are in C order
   * @param least the least index that is allowed, 0 or minus the number of rows
   * @throws IndexOutOfBoundsException if an index is out of range; nothing is then written
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
    // With the strides of C order, a point of the loops is the position of an index.
    Loops loops = Loops.of(shape.toArray(), shape.rowMajorStrides(), lead);
    Tensor row = table.select(0, 0);
    long[] steps = Arrays.copyOfRange(out.strides(), rank, out.rank());
    boolean bulk =
        table.blocks().isEmpty() && row.isContiguous() && row(out, row, rank).isContiguous();
    ArrayRef from = ArrayRef.of(table);
    ArrayRef to = ArrayRef.of(out);
    if (!bulk && loops.rank() <= 1 && picks(workers, table, row, count)) {
      Loops points = Loops.of(row.shape().toArray(), steps, row.strides());
      pick(workers, to, from, table, numbers, count, loops, points);
      return;
    }
    ParallelRowRange.run(
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

  /**
   * Whether to read runs of adjacent memory and to pick elements from them. This pays if the
   * elements of a row of the table are farther apart than its rows, and many rows are taken.
   * Threads divide the elements of a row, so each thread must get at least one.
   */
  private static boolean picks(Workers workers, Tensor table, Tensor row, long count) {
    long apart = Math.abs(table.stride(0));
    long elements = row.shape().elementCount();
    boolean near =
        elements > 1
            && table.size(0) <= MOST_READ * Math.min(count, PICKED)
            && (elements >= workers.parallelism()
                || !ParallelRowRange.isShared(workers, elements * count));
    for (int axis = 0; near && axis < row.rank(); axis++) {
      near = row.size(axis) == 1 || Math.abs(row.stride(axis)) > apart;
    }
    return near;
  }

  /**
   * Picks elements for each point of a row. The strides of {@code points} are those of out, then
   * those of the table.
   */
  private static void pick(
      Workers workers,
      ArrayRef to,
      ArrayRef from,
      Tensor table,
      Elements numbers,
      long count,
      Loops loops,
      Loops points) {
    int size = (int) table.size(0);
    ParallelRowRange.run(
        workers,
        points.points(),
        points.points() * count,
        (begin, end, scratch) -> {
          int[] places = scratch.ints(0, PICKED);
          Object near = array(from.memory(), scratch, 0, size);
          Object picked = array(from.memory(), scratch, 1, PICKED);
          for (long done = 0; done < count; done += PICKED) {
            int n = (int) Math.min(PICKED, count - done);
            for (int i = 0; i < n; i++) {
              long index = numbers.getLong(done + i);
              places[i] = (int) (index < 0 ? index + size : index);
            }
            for (long point = begin; point < end; point++) {
              long at = from.origin() + points.position(1, point);
              long first = to.origin() + points.position(0, point) + loops.position(1, done);
              move(
                  near,
                  picked,
                  places,
                  n,
                  from.memory(),
                  at,
                  table.stride(0),
                  size,
                  to.memory(),
                  first,
                  loops.stride(1));
            }
          }
        });
  }

  private static Object array(Memory memory, Scratch scratch, int slot, int n) {
    return switch (memory.exactArray(0)) {
      case float[] _ -> scratch.floats(slot, n);
      case double[] _ -> scratch.doubles(slot, n);
      case long[] _ -> scratch.longs(slot, n);
      default -> throw new IllegalStateException("memory: " + memory.getClass());
    };
  }

  /** Reads adjacent memory, picks n of its elements, and writes them a step apart. */
  private static void move(
      Object near,
      Object picked,
      int[] places,
      int n,
      Memory from,
      long at,
      long stride,
      int size,
      Memory to,
      long first,
      long step) {
    switch (near) {
      case float[] values when picked instanceof float[] some -> {
        from.load(at, stride, size, values, 0, 1);
        for (int i = 0; i < n; i++) {
          some[i] = values[places[i]];
        }
        to.store(first, step, n, some, 0, 1);
      }
      case double[] values when picked instanceof double[] some -> {
        from.load(at, stride, size, values, 0, 1);
        for (int i = 0; i < n; i++) {
          some[i] = values[places[i]];
        }
        to.store(first, step, n, some, 0, 1);
      }
      case long[] values when picked instanceof long[] some -> {
        from.load(at, stride, size, values, 0, 1);
        for (int i = 0; i < n; i++) {
          some[i] = values[places[i]];
        }
        to.store(first, step, n, some, 0, 1);
      }
      default -> throw new IllegalStateException("array: " + near.getClass());
    }
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
    return out.asStrided(out.offset(), row.shape(), strides);
  }
}
