package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * The kernel of {@code moe.experts}: one expert at a time, its tokens' rows gathered, both products
 * and the activation between them; then each token's rows, weighted, summed in the order of its
 * choices.
 *
 * @param form sizes and kind
 */
record ExpertsKernel(ExpertsForm form) implements CompositeKernel {
  /** Scratch array of all rows, in the scratch of the whole run. */
  static final int ROWS = 8;

  @Override
  public double flops() {
    return form.flops();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return bytes(form, workers, false);
  }

  /** All rows, their order, and a chunk of each thread. */
  static long bytes(ExpertsForm form, Workers workers, boolean backward) {
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
    Permutation permutation =
        Permutation.of(operands.get(2), form.experts(), form.capacity(), scratch);
    int count = permutation.count(form.experts());
    A rows = math.array(scratch, ROWS, count * form.model());
    ExpertWeights<Tensor> weights = weights(form, operands);
    ExpertRuns.run(
        form,
        permutation,
        workers,
        (expert, threads, own) -> {
          Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
          if (permutation.size(expert) > 0) {
            ExpertWeights<Tensor> w = chunk.matrices(weights, expert);
            for (int part = 0; part < chunk.parts(expert); part++) {
              chunk.take(expert, part);
              chunk.activated(chunk.gather(operands.getFirst()), w);
              chunk.product(
                  chunk.matrix(chunk.hidden(), form.hidden()),
                  w.out(),
                  w.outBias(),
                  false,
                  chunk.rowsOf(rows, form.model()));
            }
          }
        });
    TokenElements given = TokenElements.of(operands.get(1));
    TokenSums.run(
        form, math, permutation, rows, weightOf(form, given), results.getFirst(), workers);
  }

  static ExpertWeights<Tensor> weights(ExpertsForm form, List<Tensor> operands) {
    return ExpertWeights.of(
        form.activation().isGated(), form.biased(), operands, ExpertsForm.OPERANDS);
  }

  /** The weights of choices. */
  static TokenSums.Weight weightOf(ExpertsForm form, TokenElements weights) {
    int slots = form.choices();
    return choice ->
        weights.get(choice / slots / form.tokens(), choice / slots % form.tokens(), choice % slots);
  }
}
