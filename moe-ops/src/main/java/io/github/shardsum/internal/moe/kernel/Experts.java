package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;

/**
 * The work of {@code moe.experts}: one expert at a time, both products of its tokens' rows and
 * between them the activation, times the weight of the row's choice; then each token's rows summed
 * in the order of its choices.
 */
final class Experts {
  private Experts() {}

  static <A> void run(ExpertRun<A> run) {
    A rows = run.rows();
    TokenElements weight = TokenElements.of(run.operands().get(1));
    ExpertWeights<Tensor> weights = run.form().weights(run.operands(), ExpertsForm.OPERANDS);
    run.eachPart(
        chunk -> {
          ExpertWeights<Tensor> w = chunk.matrices(weights);
          Activations<A> activations = new Activations<>(chunk);
          chunk.eachPart(
              _ -> {
                activations.weigh(weight);
                activations.of(chunk.tokens(run.operands().getFirst()), w);
                activations.outputs(w.out(), w.outBias(), rows);
              });
        });
    TokenSums.run(run, rows, run.results().getFirst());
  }
}
