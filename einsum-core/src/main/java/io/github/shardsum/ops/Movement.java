package io.github.shardsum.ops;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.ops.Checks;
import io.github.shardsum.internal.rows.RowGather;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Copies that move elements without changing them, of tensors of any dtype, strides and memory.
 * Thread-safe.
 */
public final class Movement {
  private Movement() {}

  /**
   * A copy with the axes in another order; blocks are transposed in registers, so that it runs at
   * the memory's speed whichever axes change places.
   *
   * @param workers threads to use
   * @param x the tensor
   * @param axes for each axis of the copy, the axis of x: a permutation of [0, rank)
   * @return a fresh tensor on the heap, in C order
   * @throws IllegalArgumentException if it is not a permutation
   */
  public static Tensor transpose(Workers workers, Tensor x, int... axes) {
    Shape shape = x.transpose(axes).shape();
    if (shape.elementCount() == 0) {
      return Tensor.zeros(x.dtype(), shape);
    }
    int[] labels = IntStream.range(0, x.rank()).toArray();
    Equation equation = Equation.ofSublists(List.of(labels), axes);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    return Einsum.compile(equation, options, OperandSpec.like(x)).run(x);
  }

  /**
   * Rows of a table: result[i..., d...] = table[indices[i...], d...].
   *
   * @param workers threads to use
   * @param table {@code [n, d...]}, any dtype
   * @param indices {@code [i...]} of i32 or i64, each in [0, n)
   * @return a fresh tensor {@code [i..., d...]} of the table's dtype, in C order
   * @throws IllegalArgumentException if the table is a scalar or indices are not integers
   * @throws IndexOutOfBoundsException if an index is out of range
   */
  public static Tensor gather(Workers workers, Tensor table, Tensor indices) {
    Tensor out = Tensor.zeros(table.dtype(), gathered(table, indices));
    gatherInto(workers, out, table, indices);
    return out;
  }

  /**
   * As {@link #gather}, into a given result.
   *
   * @param workers threads to use
   * @param out {@code [i..., d...]} of the table's dtype; overlaps neither operand
   * @param table {@code [n, d...]}, any dtype
   * @param indices {@code [i...]} of i32 or i64, each in [0, n)
   * @throws IllegalArgumentException as {@link #gather}, or if out does not fit; nothing is then
   *     written
   * @throws IndexOutOfBoundsException if an index is out of range; nothing is then written
   */
  public static void gatherInto(Workers workers, Tensor out, Tensor table, Tensor indices) {
    Checks.out("gather", out, table.dtype(), gathered(table, indices));
    Checks.apart("gather", out, table);
    Checks.apart("gather", out, indices);
    Workers threads = Checks.reachable("gather", workers, out, table, indices);
    long[] rows = indices.toLongArray();
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] < 0 || rows[i] >= table.size(0)) {
        throw new IndexOutOfBoundsException(
            "gather: expected indices in [0, "
                + table.size(0)
                + "), rows of "
                + table.description()
                + ", got "
                + rows[i]
                + " as number "
                + i);
      }
    }
    RowGather.run(threads, out, table, rows, indices.shape());
  }

  private static Shape gathered(Tensor table, Tensor indices) {
    if (table.rank() == 0) {
      throw new IllegalArgumentException("gather: expected a table of rows, got a scalar");
    }
    if (indices.dtype() != DType.I32 && indices.dtype() != DType.I64) {
      throw new IllegalArgumentException(
          "gather: expected indices of i32 or i64, got " + indices.description());
    }
    return Shape.of(
        LongStream.concat(
                LongStream.of(indices.shape().toArray()),
                LongStream.of(table.shape().toArray()).skip(1))
            .toArray());
  }
}
