package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;

/**
 * The work of {@code moe.experts}: one expert at a time, both products of its tokens' rows and the
 * activation between them; then each token's rows, weighted, summed in the order of its choices.
 */
final class Experts {
  private Experts() {}

  static <A> void run(ExpertRun<A> run) {
    A rows = run.rows();
    ExpertWeights<Tensor> weights = run.form().weights(run.operands(), ExpertsForm.OPERANDS);
    run.eachExpert(
        chunk -> {
          if (!chunk.isEmpty()) {
            ExpertWeights<Tensor> w = chunk.matrices(weights);
            for (int part = 0; part < chunk.parts(); part++) {
              chunk.take(part);
              chunk.activated(chunk.tokens(run.operands().getFirst()), w);
              chunk.outputs(w.out(), w.outBias(), rows);
            }
          }
        });
    TokenElements weight = TokenElements.of(run.operands().get(1));
    TokenSums.run(run, rows, weight::get, run.results().getFirst());
  }
}
