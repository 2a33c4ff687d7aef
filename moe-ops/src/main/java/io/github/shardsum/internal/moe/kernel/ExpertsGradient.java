package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The work of {@code moe.experts.gradient}, one expert at a time. Activations are computed again.
 * Weights are applied on the expert's side: with {@code dh = dy wo^T}, the cotangent of a row's
 * weight is {@code <dh, h>} (SonicMoE), so no output of an expert is needed. The gradient of an
 * expert's weights is a sum over its rows in order. The gradient of a token is a sum over its
 * choices.
 */
final class ExpertsGradient<A> {
  private final ExpertsForm form;
  private final Tensor inputs;
  private final Tensor cotangent;
  private final Tensor tokenGradient;
  private final ExpertWeights<Tensor> weights;
  private final ExpertWeights<Tensor> gradients;
  private final TokenElements weight;
  private final TokenElements weightGradient;
  private final A rows;

  /**
   * The results: gradients of the operands of {@link Experts}.
   *
   * @param tokens the gradient of the tokens, {@code [G, S, M]}
   * @param weights the gradient of the weights of choices, {@code [G, S, K]}
   * @param experts the gradients of the experts' weights
   */
  private record Results(Tensor tokens, Tensor weights, ExpertWeights<Tensor> experts) {
    static Results of(ExpertsForm form, List<Tensor> all) {
      return new Results(all.getFirst(), all.get(1), form.weights(all, 2));
    }
  }

  private ExpertsGradient(ExpertRun<A> run) {
    this.form = run.form();
    Experts.Operands operands = Experts.Operands.of(form, run.operands());
    Results results = Results.of(form, run.results());
    this.inputs = operands.tokens();
    this.weight = TokenElements.of(operands.weights());
    this.weights = operands.experts();
    this.cotangent = operands.cotangent().orElseThrow();
    this.tokenGradient = results.tokens();
    this.weightGradient = TokenElements.of(results.weights());
    this.gradients = results.experts();
    this.rows = run.rows();
  }

  static <A> void run(ExpertRun<A> run) {
    ExpertsGradient<A> gradient = new ExpertsGradient<>(run);
    run.eachExpert(gradient::expert);
    Combine.run(run, gradient.rows, gradient.tokenGradient);
    run.clearUnsent(gradient.weightGradient);
  }

  private void expert(ExpertChunk<A> chunk) {
    if (chunk.isEmpty()) {
      gradients.all().forEach(chunk::clear);
      return;
    }
    ExpertWeights<Tensor> w = chunk.matrices(weights);
    BiasSums<A> sums = BiasSums.of(chunk, gradients);
    ExpertWeights<Tensor> to = into(chunk);
    chunk.eachPart(part -> part(chunk, w, to, sums, part > 0));
    chunk.store(to.in(), gradients.in());
    chunk.store(to.out(), gradients.out());
    to.linear().ifPresent(wv -> chunk.store(wv, gradients.linear().orElseThrow()));
    sums.store();
  }

  private void part(
      ExpertChunk<A> chunk,
      ExpertWeights<Tensor> w,
      ExpertWeights<Tensor> to,
      BiasSums<A> sums,
      boolean adds) {
    int hidden = form.hidden();
    Activations<A> activations = new Activations<>(chunk);
    MatrixRows xs = chunk.tokens(inputs);
    MatrixRows dys = chunk.cotangents(cotangent);
    activations.before(xs, w);
    A z = chunk.hidden();
    A v = chunk.linear();
    A d = chunk.hiddenCotangent();
    MatrixRows ds = chunk.operand(d, hidden);
    chunk.back(dys, w.out(), chunk.matrix(d, hidden));
    activations.back(new Activations.Back(weight, w.outBias(), cotangent, weightGradient));
    chunk.weights(adds, chunk.operand(z, hidden), dys, to.out());
    chunk.weights(adds, xs, ds, to.in());
    Tensor dxs = chunk.rowsOf(rows, form.model());
    chunk.back(ds, w.in(), dxs);
    if (w.linear().isPresent()) {
      chunk.weights(adds, xs, chunk.operand(v, hidden), to.linear().orElseThrow());
      chunk.addBack(chunk.matrix(v, hidden), w.linear().get(), dxs);
    }
    sums.in().ifPresent(all -> all.add(d, chunk.rows()));
    sums.out().ifPresent(all -> chunk.addCotangents(all, cotangent, weight));
    sums.linear().ifPresent(all -> all.add(v, chunk.rows()));
  }

  /** Memory for the gradients of an expert's matrices; gradients of biases are separate sums. */
  private ExpertWeights<Tensor> into(ExpertChunk<A> chunk) {
    int[] next = {0};
    return gradients.map(each -> each.rank() < 3 ? each : chunk.gradientOf(each, next[0]++));
  }

  /**
   * Gradients of an expert's biases.
   *
   * @param in the gradient of b_in
   * @param out the gradient of b_out
   * @param linear the gradient of b_v
   */
  private record BiasSums<A>(
      Optional<ExpertBiasGradient<A>> in,
      Optional<ExpertBiasGradient<A>> out,
      Optional<ExpertBiasGradient<A>> linear) {
    static <A> BiasSums<A> of(ExpertChunk<A> chunk, ExpertWeights<Tensor> gradients) {
      return new BiasSums<>(
          gradients.inBias().map(each -> chunk.sums(each, 0)),
          gradients.outBias().map(each -> chunk.sums(each, 1)),
          gradients.linearBias().map(each -> chunk.sums(each, 2)));
    }

    void store() {
      Stream.of(in, out, linear).flatMap(Optional::stream).forEach(ExpertBiasGradient::store);
    }
  }
}
