package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts_out}: one expert at a time, activations of its rows, each times
 * the weight of its choice, times its last matrix; then each token's rows summed in the order of
 * its choices.
 */
final class ExpertsOut {
  /** Where wo is among the operands: after z, weights and positions. */
  static final int OUT = 3;

  private ExpertsOut() {}

  static <A> void run(ExpertRun<A> run) {
    List<Tensor> operands = run.operands();
    A rows = run.rows();
    TokenElements weight = TokenElements.of(operands.get(1));
    run.eachPart(
        chunk -> {
          Tensor w = chunk.matrix(operands.get(OUT), 0);
          Optional<Tensor> bias = bias(run, chunk);
          Activations<A> activations = new Activations<>(chunk);
          chunk.eachPart(
              _ -> {
                activations.weigh(weight);
                activations.of(operands.getFirst(), linear(run));
                activations.outputs(w, bias, rows);
              });
        });
    TokenSums.run(run, rows, run.results().getFirst());
  }

  /** The other factor of a gated activation. */
  static Optional<Tensor> linear(ExpertRun<?> run) {
    return run.form().activation().isGated()
        ? Optional.of(run.operands().get(OUT + 1))
        : Optional.empty();
  }

  /** The bias of the last product. */
  static <A> Optional<Tensor> bias(ExpertRun<A> run, Chunk<A> chunk) {
    int at = OUT + (run.form().activation().isGated() ? 2 : 1);
    return run.form().biased()
        ? Optional.of(chunk.matrix(run.operands().get(at), 1))
        : Optional.empty();
  }

  /** How many operands come before the outputs' cotangent. */
  static int operands(ExpertsForm form) {
    return OUT + 1 + (form.activation().isGated() ? 1 : 0) + (form.biased() ? 1 : 0);
  }
}
