package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.rows_send}. It writes the rows of choices in the order of experts, then
 * group, token and choice, so the rows for one device are consecutive. Memory behind the last row
 * is unchanged.
 *
 * @param form the sizes
 * @param isOfChoices whether an operand has one element for each choice, for each operand except
 *     the positions
 * @param orderBytes bytes of the order of rows
 */
record RowsSend(RowsForm form, List<Boolean> isOfChoices, long orderBytes)
    implements CompositeKernel {
  private static final int TASK_ROWS = 64;

  /** The number of the operand with the positions. */
  private static final int POSITIONS = 2;

  /** The kernel of a composite, if the composite has the form. */
  static Optional<CompositeKernel> of(Composite composite) {
    List<Boolean> isOfChoices = new ArrayList<>();
    values(composite.operands())
        .forEach(value -> isOfChoices.add(RowsForm.isOfChoices(value.type())));
    return RowsForm.of(composite, POSITIONS)
        .filter(_ -> composite.decomposition().outputs().size() == isOfChoices.size() + 1)
        .map(
            form ->
                new RowsSend(
                    form,
                    List.copyOf(isOfChoices),
                    form.orderBytes(composite.operands().get(POSITIONS).type())));
  }

  private static <T> List<T> values(List<T> operands) {
    List<T> all = new ArrayList<>(operands);
    if (all.size() > POSITIONS) {
      all.remove(POSITIONS);
    }
    return all;
  }

  @Override
  public long scratchBytes(Workers workers) {
    return orderBytes;
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    workers.run(1, (_, scratch) -> run(operands, results, workers, scratch));
  }

  private void run(List<Tensor> operands, List<Tensor> results, Workers workers, Scratch scratch) {
    DispatchOrder order =
        DispatchOrder.of(operands.get(POSITIONS), 0, form.experts(), form.capacity(), scratch);
    int rows = order.count(form.experts());
    for (int i = 0; i < isOfChoices.size(); i++) {
      Rows copies = new Rows(values(operands).get(i), results.get(i), isOfChoices.get(i));
      int tasks = Math.min(Math.ceilDiv(rows, TASK_ROWS), 4 * workers.parallelism());
      workers.run(
          tasks,
          (task, _) -> {
            int end = (int) ((long) rows * (task + 1) / tasks);
            for (int row = (int) ((long) rows * task / tasks); row < end; row++) {
              copies.copy(order, row);
            }
          });
    }
    Tensor counts = results.getLast();
    for (int expert = 0; expert < form.experts(); expert++) {
      counts.set((long) order.size(expert), 0, expert);
    }
  }

  /**
   * Copies rows of tokens, or elements of choices, to rows.
   *
   * @param from tokens or choices
   * @param to rows
   * @param isOfChoices whether an element of a choice is copied
   * @param isDense whether the elements of a row are adjacent in both tensors
   */
  private record Rows(Tensor from, Tensor to, boolean isOfChoices, boolean isDense) {
    Rows(Tensor from, Tensor to, boolean isOfChoices) {
      this(
          from,
          to,
          isOfChoices,
          from.dtype() == to.dtype()
              && from.blocks().isEmpty()
              && (isOfChoices || (from.stride(2) == 1 && to.stride(1) == 1)));
    }

    void copy(DispatchOrder order, int row) {
      long tokens = from.size(1);
      long group = order.token(row) / tokens;
      long token = order.token(row) % tokens;
      long choice = isOfChoices ? order.choices()[row] % order.slots() : 0;
      if (!isDense) {
        Tensor ofToken = from.select(0, group).select(0, token);
        to.select(0, row).assign(isOfChoices ? ofToken.select(0, choice) : ofToken);
        return;
      }
      long bytes = from.dtype().byteSize();
      long start =
          from.offset() + group * from.stride(0) + token * from.stride(1) + choice * from.stride(2);
      MemorySegment.copy(
          from.segment(),
          start * bytes,
          to.segment(),
          (to.offset() + row * to.stride(0)) * bytes,
          (isOfChoices ? 1 : from.size(2)) * bytes);
    }
  }
}
