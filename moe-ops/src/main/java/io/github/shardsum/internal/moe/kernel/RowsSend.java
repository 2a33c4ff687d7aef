package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.rows_send}: rows of choices in the order of experts, then group, token
 * and choice, so that the rows for one device follow each other. Memory behind the last row is
 * unchanged.
 *
 * @param form sizes
 * @param isOfChoices for each operand but the positions, whether it has one element for each choice
 * @param orderBytes bytes of the order of rows
 */
record RowsSend(RowsForm form, List<Boolean> isOfChoices, long orderBytes)
    implements CompositeKernel {
  private static final int TASK_ROWS = 64;

  /** The operand that has the positions. */
  private static final int POSITIONS = 2;

  /** The factory. */
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
      Tensor from = values(operands).get(i);
      Tensor to = results.get(i);
      boolean isOfChoice = isOfChoices.get(i);
      int tasks = Math.min(Math.ceilDiv(rows, TASK_ROWS), 4 * workers.parallelism());
      workers.run(
          tasks,
          (task, _) -> {
            int end = (int) ((long) rows * (task + 1) / tasks);
            for (int row = (int) ((long) rows * task / tasks); row < end; row++) {
              copy(order, row, from, to, isOfChoice);
            }
          });
    }
    Tensor counts = results.getLast();
    for (int expert = 0; expert < form.experts(); expert++) {
      counts.set((long) order.size(expert), 0, expert);
    }
  }

  private static void copy(
      DispatchOrder order, int row, Tensor from, Tensor to, boolean isOfChoice) {
    int tokens = (int) from.size(1);
    int token = order.token(row);
    Tensor ofToken = from.select(0, token / tokens).select(0, token % tokens);
    Tensor of = isOfChoice ? ofToken.select(0, order.choices()[row] % order.slots()) : ofToken;
    to.select(0, row).assign(of);
  }
}
