package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts_in}: one expert at a time, its tokens' rows times its first
 * matrix, or both.
 */
final class ExpertsIn {
  /** Where the first matrices are among the operands: after tokens and positions. */
  static final int MATRICES = 2;

  private ExpertsIn() {}

  static <A> void run(ExpertRun<A> run) {
    run.eachPart(chunk -> expert(run, chunk));
    run.results().forEach(run::clearRest);
  }

  private static <A> void expert(ExpertRun<A> run, Chunk<A> chunk) {
    int first = run.form().firstProducts();
    List<Tensor> operands = run.operands();
    List<Tensor> matrices = new ArrayList<>();
    List<Optional<Tensor>> biases = new ArrayList<>();
    for (int i = 0; i < first; i++) {
      matrices.add(chunk.matrix(operands.get(MATRICES + i), i));
      biases.add(
          run.form().biased()
              ? Optional.of(chunk.matrix(operands.get(MATRICES + first + i), first + i))
              : Optional.empty());
    }
    chunk.eachPart(
        _ -> {
          MatrixRows x = chunk.tokens(operands.getFirst());
          for (int i = 0; i < first; i++) {
            product(chunk, x, matrices.get(i), biases.get(i), run.results().get(i));
          }
        });
  }

  private static <A> void product(
      Chunk<A> chunk, MatrixRows x, Tensor w, Optional<Tensor> bias, Tensor result) {
    if (chunk.isDirect()) {
      chunk.product(x, w, bias, false, chunk.rowsOf(result, 0));
    } else {
      A z = chunk.hidden();
      chunk.product(x, w, bias, false, chunk.matrix(z, (int) result.size(1)));
      chunk.store(z, result);
    }
  }
}
