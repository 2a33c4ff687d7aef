package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernels of {@code moe.rows_sum} and {@code moe.rows_place}. The first adds the rows that a
 * device got back for each of its tokens; the second writes the number of each such row to its
 * choice. The rows of a token are added in the order of its choices, in the arithmetic's dtype, and
 * their sum is rounded once.
 *
 * @param form the sizes
 * @param sums whether rows are added; otherwise numbers are placed
 * @param width the width of a row
 * @param math the arithmetic
 * @param orderBytes bytes of the order of rows
 */
record RowsSum(RowsForm form, boolean sums, int width, ExpertRowMath<?> math, long orderBytes)
    implements CompositeKernel {
  private static final int TASK_TOKENS = 64;

  /** The factory of {@code moe.rows_sum}. */
  static Optional<CompositeKernel> sum(Composite composite) {
    return of(composite, true);
  }

  /** The factory of {@code moe.rows_place}. */
  static Optional<CompositeKernel> place(Composite composite) {
    return of(composite, false);
  }

  private static Optional<CompositeKernel> of(Composite composite, boolean sums) {
    return RowsForm.of(composite, 0)
        .filter(_ -> composite.operands().size() == 2)
        .map(
            form -> {
              var rows = composite.operands().get(1).type();
              return new RowsSum(
                  form,
                  sums,
                  sums ? Math.toIntExact(rows.shape().size(1)) : 1,
                  rows.dtype() == DType.F64 ? new DoubleExpertRowMath() : new FloatExpertRowMath(),
                  form.orderBytes(composite.operands().getFirst().type()));
            });
  }

  @Override
  public long scratchBytes(Workers workers) {
    return orderBytes + 2L * workers.threads() * width * math.dtype().byteSize();
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    Tensor positions = operands.getFirst();
    Tensor rows = operands.get(1);
    Tensor out = results.getFirst();
    workers.run(
        1,
        (_, scratch) -> {
          int[] rowOf =
              DispatchOrder.of(positions, 0, form.experts(), form.capacity(), scratch).rows();
          int choices = (int) positions.size(2);
          if (sums) {
            add(math, rows, rowOf, choices, out, workers);
          } else {
            place(rows, rowOf, out);
          }
        });
  }

  private static void place(Tensor rows, int[] rowOf, Tensor out) {
    TokenElements to = TokenElements.of(out);
    int all = Math.toIntExact(out.shape().elementCount());
    Elements from = Elements.of(rows);
    for (int choice = 0; choice < all; choice++) {
      int row = rowOf[choice];
      to.set(choice, row < 0 ? 0 : from.getDouble(row * rows.stride(0)));
    }
  }

  private <A> void add(
      ExpertRowMath<A> math, Tensor rows, int[] rowOf, int choices, Tensor out, Workers workers) {
    int tokens = Math.toIntExact(out.size(0) * out.size(1));
    int tasks = Math.min(Math.ceilDiv(tokens, TASK_TOKENS), 4 * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          int end = (int) ((long) tokens * (task + 1) / tasks);
          for (int token = (int) ((long) tokens * task / tasks); token < end; token++) {
            add(math, rows, rowOf, token * choices, choices, out, token, scratch);
          }
        });
  }

  private <A> void add(
      ExpertRowMath<A> math,
      Tensor rows,
      int[] rowOf,
      int first,
      int choices,
      Tensor out,
      int token,
      Scratch scratch) {
    A sum = math.array(scratch, ExpertScratchArray.TOKEN_SUM.slot(), width);
    A row = math.array(scratch, ExpertScratchArray.TOKEN_ADDEND.slot(), width);
    Elements from = Elements.of(rows);
    int found = 0;
    for (int choice = first; choice < first + choices; choice++) {
      if (rowOf[choice] >= 0) {
        long at = rowOf[choice] * rows.stride(0);
        math.load(from, at, rows.stride(1), width, found == 0 ? sum : row, 0);
        if (found++ > 0) {
          math.add(sum, 0, row, 0, sum, 0, width);
        }
      }
    }
    if (found == 0) {
      math.clear(sum, 0, width);
    }
    long at = token / out.size(1) * out.stride(0) + token % out.size(1) * out.stride(1);
    math.store(Elements.of(out), at, out.stride(2), width, sum, 0);
  }
}
