package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts_out}, one expert at a time: the activations of its rows, times the
 * weights of their choices, times the expert's last matrix. Then the rows of each token are summed
 * in the order of its choices.
 */
final class ExpertsOut {
  private ExpertsOut() {}

  /**
   * The operands of the composite and of its gradient.
   *
   * @param hidden z, the first product of each row, {@code [R, H]}
   * @param weights the weights of choices, {@code [G, S, K]}
   * @param positions the positions of choices, {@code [G, S, K]}
   * @param matrix wo, {@code [E, H, M]}
   * @param linear v, the second product of each row of a gated activation, {@code [R, H]}
   * @param bias b_out, {@code [E, M]}
   * @param cotangent the cotangent of the outputs, {@code [G, S, M]}; only an operand of the
   *     gradient
   */
  record Operands(
      Tensor hidden,
      Tensor weights,
      Tensor positions,
      Tensor matrix,
      Optional<Tensor> linear,
      Optional<Tensor> bias,
      Optional<Tensor> cotangent) {
    /** The index of z. */
    static final int HIDDEN = 0;

    /** The index of the positions. */
    static final int POSITIONS = 2;

    /** The index of wo. */
    static final int MATRIX = 3;

    /** The index of v. */
    static final int LINEAR = 4;

    /** The number of operands without the cotangent. */
    static int count(ExpertsForm form) {
      return MATRIX + 1 + (form.activation().isGated() ? 1 : 0) + (form.biased() ? 1 : 0);
    }

    /**
     * The operands by name. In the list, their order is z, weights, positions, wo, v, b_out,
     * cotangent.
     */
    static Operands of(ExpertsForm form, List<Tensor> all) {
      int count = count(form);
      return new Operands(
          all.get(HIDDEN),
          all.get(1),
          all.get(POSITIONS),
          all.get(MATRIX),
          form.activation().isGated() ? Optional.of(all.get(LINEAR)) : Optional.empty(),
          form.biased() ? Optional.of(all.get(count - 1)) : Optional.empty(),
          all.size() > count ? Optional.of(all.get(count)) : Optional.empty());
    }

    /** The expert's matrix in the dtype of the arithmetic. */
    Tensor matrix(ExpertChunk<?> chunk) {
      return chunk.matrix(matrix, 0);
    }

    /** The expert's bias in the dtype of the arithmetic. */
    Optional<Tensor> bias(ExpertChunk<?> chunk) {
      return bias.map(all -> chunk.matrix(all, 1));
    }
  }

  static <A> void run(ExpertRun<A> run) {
    Operands operands = Operands.of(run.form(), run.operands());
    A rows = run.rows();
    TokenElements weight = TokenElements.of(operands.weights());
    run.eachPart(
        chunk -> {
          Tensor w = operands.matrix(chunk);
          Optional<Tensor> bias = operands.bias(chunk);
          Activations<A> activations = new Activations<>(chunk);
          chunk.eachPart(
              _ -> {
                activations.weigh(weight);
                activations.of(operands.hidden(), operands.linear());
                activations.outputs(w, bias, rows);
              });
        });
    Combine.run(run, rows, run.results().getFirst());
  }
}
