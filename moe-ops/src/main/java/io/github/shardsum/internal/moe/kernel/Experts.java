package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts}, one expert at a time: the first product of its tokens' rows, the
 * activation times the weight of each row's choice, and the last product. Then the rows of each
 * token are summed in the order of its choices.
 */
final class Experts {
  private Experts() {}

  /**
   * The operands of the composite and of its gradient.
   *
   * @param tokens {@code [G, S, M]}
   * @param weights the weights of choices, {@code [G, S, K]}
   * @param positions the positions of choices, {@code [G, S, K]}
   * @param cotangent the cotangent of the outputs, {@code [G, S, M]}; only an operand of the
   *     gradient
   */
  record Operands(
      Tensor tokens,
      Tensor weights,
      Tensor positions,
      ExpertWeights<Tensor> experts,
      Optional<Tensor> cotangent) {
    /** The index of the positions. */
    static final int POSITIONS = 2;

    /** The index of the experts' first weight. */
    static final int EXPERTS = 3;

    /** The number of operands without the cotangent. */
    static int count(ExpertsForm form) {
      return EXPERTS + form.weights();
    }

    /** The first operands by name; others may follow. */
    static Operands of(ExpertsForm form, List<Tensor> all) {
      int count = count(form);
      return new Operands(
          all.getFirst(),
          all.get(1),
          all.get(POSITIONS),
          form.weights(all, EXPERTS),
          all.size() > count ? Optional.of(all.get(count)) : Optional.empty());
    }
  }

  static <A> void run(ExpertRun<A> run) {
    A rows = run.rows();
    Operands operands = Operands.of(run.form(), run.operands());
    TokenElements weight = TokenElements.of(operands.weights());
    run.eachPart(
        chunk -> {
          ExpertWeights<Tensor> w = chunk.matrices(operands.experts());
          Activations<A> activations = new Activations<>(chunk);
          chunk.eachPart(
              _ -> {
                activations.weigh(weight);
                activations.of(chunk.tokens(operands.tokens()), w);
                activations.outputs(w.out(), w.outBias(), rows);
              });
        });
    Combine.run(run, rows, run.results().getFirst());
  }
}
