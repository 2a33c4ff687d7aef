package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * A kernel that takes one expert at a time.
 *
 * @param form sizes and kind
 * @param positionsAt which operand has the positions
 * @param flops floating-point operations of a run
 * @param backward whether it computes gradients
 * @param work what it does
 */
record ExpertsKernel(ExpertsForm form, int positionsAt, double flops, boolean backward, Work work)
    implements CompositeKernel {
  /** The work of a run, in arrays of either kind. */
  interface Work {
    <A> void run(ExpertRun<A> run);
  }

  /** All rows, their order, and a chunk of each thread. */
  @Override
  public long scratchBytes(Workers workers) {
    long choices = (long) form.groups() * form.tokens() * form.choices();
    long order = Integer.BYTES * (choices + form.rows() + 2L * form.experts());
    long rows = form.rows() * form.model() * form.math().dtype().byteSize();
    long threads = Math.min(workers.parallelism(), form.experts());
    return order + rows + threads * Chunk.bytes(form, backward);
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
    Tensor positions = operands.get(positionsAt);
    Permutation permutation = Permutation.of(positions, form.experts(), form.capacity(), scratch);
    work.run(new ExpertRun<>(form, math, permutation, operands, results, workers, scratch));
  }
}
