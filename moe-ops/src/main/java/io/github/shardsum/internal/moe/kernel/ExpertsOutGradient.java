package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The work of {@code moe.experts_out.gradient}: the same as {@link ExpertsGradient}, but it ends at
 * the cotangents of the activation's operands.
 */
final class ExpertsOutGradient {
  private ExpertsOutGradient() {}

  /**
   * The results: gradients of the operands of {@link ExpertsOut}.
   *
   * @param hidden the gradient of z, {@code [R, H]}
   * @param weights the gradient of the weights of choices, {@code [G, S, K]}
   * @param matrix the gradient of wo, {@code [E, H, M]}
   * @param linear the gradient of v, {@code [R, H]}
   * @param bias the gradient of b_out, {@code [E, M]}
   */
  private record Results(
      Tensor hidden,
      Tensor weights,
      Tensor matrix,
      Optional<Tensor> linear,
      Optional<Tensor> bias) {
    /** The index of the gradient of z. */
    static final int HIDDEN = 0;

    /** The index of the gradient of v. */
    static final int LINEAR = 3;

    static Results of(ExpertsForm form, List<Tensor> all) {
      return new Results(
          all.get(HIDDEN),
          all.get(1),
          all.get(2),
          form.activation().isGated() ? Optional.of(all.get(LINEAR)) : Optional.empty(),
          form.biased() ? Optional.of(all.getLast()) : Optional.empty());
    }

    /** Sets the expert's parts to 0. */
    void clear(ExpertChunk<?> chunk) {
      chunk.clear(matrix);
      bias.ifPresent(chunk::clear);
    }
  }

  /**
   * Gradients of z and v may reuse the memory of z and v: a row is read before it is written.
   *
   * @return the index of the operand for each such result
   */
  static Map<Integer, Integer> inPlace(ExpertsForm form) {
    return form.activation().isGated()
        ? Map.of(
            Results.HIDDEN, ExpertsOut.Operands.HIDDEN, Results.LINEAR, ExpertsOut.Operands.LINEAR)
        : Map.of(Results.HIDDEN, ExpertsOut.Operands.HIDDEN);
  }

  static <A> void run(ExpertRun<A> run) {
    ExpertsOut.Operands operands = ExpertsOut.Operands.of(run.form(), run.operands());
    Results results = Results.of(run.form(), run.results());
    run.eachExpert(
        chunk -> {
          if (chunk.isEmpty()) {
            results.clear(chunk);
          } else {
            expert(operands, results, chunk);
          }
        });
    run.clearRest(results.hidden());
    results.linear().ifPresent(run::clearRest);
    run.clearUnsent(TokenElements.of(results.weights()));
  }

  private static <A> void expert(
      ExpertsOut.Operands operands, Results results, ExpertChunk<A> chunk) {
    ExpertsForm form = chunk.form();
    TokenElements weight = TokenElements.of(operands.weights());
    TokenElements weightGradient = TokenElements.of(results.weights());
    Tensor cotangent = operands.cotangent().orElseThrow();
    Tensor w = operands.matrix(chunk);
    Optional<Tensor> bias = operands.bias(chunk);
    Tensor gradient = chunk.gradientOf(results.matrix(), 0);
    Optional<ExpertBiasGradient<A>> sums = results.bias().map(each -> chunk.sums(each, 0));
    Activations<A> activations = new Activations<>(chunk);
    chunk.eachPart(
        part -> {
          MatrixRows dys = chunk.cotangents(cotangent);
          chunk.back(dys, w, chunk.matrix(chunk.hiddenCotangent(), form.hidden()));
          activations.back(
              operands.hidden(),
              operands.linear(),
              new Activations.Back(weight, bias, cotangent, weightGradient),
              results.hidden(),
              results.linear());
          chunk.weights(part > 0, chunk.operand(chunk.hidden(), form.hidden()), dys, gradient);
          sums.ifPresent(all -> chunk.addCotangents(all, cotangent, weight));
        });
    chunk.store(gradient, results.matrix());
    sums.ifPresent(ExpertBiasGradient::store);
  }
}
