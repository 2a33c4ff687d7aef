package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.experts_out}: one expert at a time, activations of its rows, times its
 * last matrix; then each token's rows, weighted, summed in the order of its choices.
 *
 * @param form sizes and kind
 */
record ExpertsOutKernel(ExpertsForm form) implements CompositeKernel {
  /** Where wo is among the operands: after z, weights and positions. */
  static final int OUT = 3;

  @Override
  public double flops() {
    return form.flops() / form.products();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return ExpertsKernel.bytes(form, workers, false);
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    workers.run(1, (_, scratch) -> run(form.math(), operands, results, workers, scratch));
  }

  private <A> void run(
      RowMath<A> math,
      List<Tensor> operands,
      List<Tensor> results,
      Workers workers,
      Scratch scratch) {
    Permutation permutation =
        Permutation.of(operands.get(2), form.experts(), form.capacity(), scratch);
    A rows =
        math.array(scratch, ExpertsKernel.ROWS, permutation.count(form.experts()) * form.model());
    ExpertRuns.run(
        form,
        permutation,
        workers,
        (expert, threads, own) -> {
          Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
          for (int part = 0; part < chunk.parts(expert); part++) {
            chunk.take(expert, part);
            load(chunk, form, operands);
            chunk.activate();
            chunk.product(
                chunk.matrix(chunk.hidden(), form.hidden()),
                chunk.matrix(operands.get(OUT), expert, 0),
                bias(chunk, form, operands, expert),
                false,
                chunk.rowsOf(rows, form.model()));
          }
        });
    TokenElements given = TokenElements.of(operands.get(1));
    TokenSums.run(
        form,
        math,
        permutation,
        rows,
        ExpertsKernel.weightOf(form, given),
        results.getFirst(),
        workers);
  }

  /** What the activation is of. */
  static <A> void load(Chunk<A> chunk, ExpertsForm form, List<Tensor> operands) {
    chunk.load(operands.getFirst(), chunk.hidden());
    if (form.activation().isGated()) {
      chunk.load(operands.get(OUT + 1), chunk.linear());
    }
  }

  /** The bias of the last product. */
  static Optional<Tensor> bias(
      Chunk<?> chunk, ExpertsForm form, List<Tensor> operands, int expert) {
    int at = OUT + (form.activation().isGated() ? 2 : 1);
    return form.biased()
        ? Optional.of(chunk.matrix(operands.get(at), expert, 1))
        : Optional.empty();
  }

  /** How many operands come before the outputs' cotangent. */
  static int operands(ExpertsForm form) {
    return OUT + 1 + (form.activation().isGated() ? 1 : 0) + (form.biased() ? 1 : 0);
  }
}
