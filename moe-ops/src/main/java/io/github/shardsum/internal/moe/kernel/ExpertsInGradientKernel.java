package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel of {@code moe.experts_in.gradient}: one expert at a time, gradients by its first
 * matrices and by its rows of tokens, which are then summed over a token's choices.
 *
 * @param form sizes and kind
 */
record ExpertsInGradientKernel(ExpertsForm form) implements CompositeKernel {
  /** Scratch slots of cotangents in the arithmetic's dtype: that of h, and one behind matrices. */
  private static final int[] COTANGENTS = {1, 2};

  @Override
  public double flops() {
    return 2 * form.flops() / form.products() * form.firstProducts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return ExpertsKernel.bytes(form, workers, true);
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
    A rows =
        math.array(scratch, ExpertsKernel.ROWS, permutation.count(form.experts()) * form.model());
    ExpertRuns.run(
        form,
        permutation,
        workers,
        (expert, threads, own) -> {
          if (permutation.size(expert) == 0) {
            results.subList(1, results.size()).forEach(each -> Chunk.clear(each.select(0, expert)));
          } else {
            Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
            expert(math, chunk, own, operands, results, rows, expert);
          }
        });
    TokenSums.run(form, math, permutation, rows, _ -> 1, results.getFirst(), workers);
  }

  private <A> void expert(
      RowMath<A> math,
      Chunk<A> chunk,
      Scratch own,
      List<Tensor> operands,
      List<Tensor> results,
      A rows,
      int expert) {
    int first = form.firstProducts();
    int cotangents = 2 + first * (form.biased() ? 2 : 1);
    List<Tensor> matrices = new ArrayList<>();
    List<Tensor> gradients = new ArrayList<>();
    List<GradientSums<A>> sums = new ArrayList<>();
    for (int i = 0; i < first; i++) {
      matrices.add(chunk.matrix(operands.get(2 + i), expert, i));
      gradients.add(chunk.gradientOf(results.get(1 + i), expert, i));
      sums.add(new GradientSums<>(math, own, i, form.biased() ? form.hidden() : 0));
    }
    for (int part = 0; part < chunk.parts(expert); part++) {
      chunk.take(expert, part);
      Tensor x = chunk.matrix(chunk.gather(operands.getFirst()), form.model());
      Tensor dx = chunk.rowsOf(rows, form.model());
      for (int i = 0; i < first; i++) {
        Tensor given = operands.get(cotangents + i);
        Tensor d = chunk.rowsOf(given, COTANGENTS[i]);
        chunk.weights(part > 0, x, d, gradients.get(i));
        if (i == 0) {
          chunk.back(d, matrices.get(i), dx);
        } else {
          chunk.addBack(d, matrices.get(i), dx);
        }
        if (form.biased()) {
          sums.get(i).add(chunk.load(given, chunk.hiddenCotangent()), chunk.rows(), _ -> 1);
        }
      }
    }
    for (int i = 0; i < first; i++) {
      chunk.store(gradients.get(i), results.get(1 + i), expert);
      if (form.biased()) {
        sums.get(i).store(results.get(1 + first + i), expert);
      }
    }
  }
}
