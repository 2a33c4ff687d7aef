package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.experts_in}: one expert at a time, its tokens' rows gathered, times its
 * first matrix, or both.
 *
 * @param form sizes and kind
 */
record ExpertsInKernel(ExpertsForm form) implements CompositeKernel {
  @Override
  public double flops() {
    return form.flops() / form.products() * form.firstProducts();
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
        Permutation.of(operands.get(1), form.experts(), form.capacity(), scratch);
    ExpertRuns.run(
        form,
        permutation,
        workers,
        (expert, threads, own) -> {
          Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
          for (int part = 0; part < chunk.parts(expert); part++) {
            chunk.take(expert, part);
            Tensor x = chunk.matrix(chunk.gather(operands.getFirst()), form.model());
            for (int i = 0; i < form.firstProducts(); i++) {
              Tensor w = chunk.matrix(operands.get(2 + i), expert, i);
              product(chunk, x, w, bias(operands, chunk, expert, i), results.get(i));
            }
          }
        });
    int count = permutation.count(form.experts());
    results.forEach(result -> Chunk.clear(result.slice(0, count, result.size(0))));
  }

  private Optional<Tensor> bias(List<Tensor> operands, Chunk<?> chunk, int expert, int which) {
    int first = form.firstProducts();
    return form.biased()
        ? Optional.of(chunk.matrix(operands.get(2 + first + which), expert, first + which))
        : Optional.empty();
  }

  private <A> void product(
      Chunk<A> chunk, Tensor x, Tensor w, Optional<Tensor> bias, Tensor result) {
    if (chunk.isDirect()) {
      chunk.product(x, w, bias, false, chunk.rowsOf(result, 0));
    } else {
      chunk.product(x, w, bias, false, chunk.matrix(chunk.hidden(), form.hidden()));
      chunk.store(chunk.hidden(), result);
    }
  }
}
