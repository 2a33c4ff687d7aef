package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The work of {@code moe.experts_out.gradient}: as {@link ExpertsGradient}, from the outputs'
 * cotangent to that of what activations are of. Results are gradients by z, weights and wo, then by
 * v and by the bias as far as there are such.
 */
final class ExpertsOutGradient {
  private static final int WEIGHTS = 1;
  private static final int OUT = 2;
  private static final int LINEAR = 3;

  private ExpertsOutGradient() {}

  /**
   * Cotangents of what activations are of may lie where that lay: a row is read before it is
   * written.
   */
  static Map<Integer, Integer> inPlace(ExpertsForm form) {
    return form.activation().isGated() ? Map.of(0, 0, LINEAR, ExpertsOut.OUT + 1) : Map.of(0, 0);
  }

  static <A> void run(ExpertRun<A> run) {
    List<Tensor> results = run.results();
    run.eachExpert(
        chunk -> {
          if (chunk.isEmpty()) {
            chunk.clear(results.get(OUT));
            bias(run).ifPresent(chunk::clear);
          } else {
            expert(run, chunk);
          }
        });
    run.clearRest(results.getFirst());
    if (run.form().activation().isGated()) {
      run.clearRest(results.get(LINEAR));
    }
    run.clearUnsent(TokenElements.of(results.get(WEIGHTS)));
  }

  private static Optional<Tensor> bias(ExpertRun<?> run) {
    return run.form().biased() ? Optional.of(run.results().getLast()) : Optional.empty();
  }

  private static <A> void expert(ExpertRun<A> run, Chunk<A> chunk) {
    ExpertsForm form = run.form();
    List<Tensor> results = run.results();
    TokenElements weight = TokenElements.of(run.operands().get(1));
    TokenElements weightGradient = TokenElements.of(results.get(WEIGHTS));
    Tensor cotangent = run.operands().get(ExpertsOut.operands(form));
    Tensor w = chunk.matrix(run.operands().get(ExpertsOut.OUT), 0);
    Optional<Tensor> bias = ExpertsOut.bias(run, chunk);
    Tensor gradient = chunk.gradientOf(results.get(OUT), 0);
    Optional<Tensor> linear =
        form.activation().isGated() ? Optional.of(results.get(LINEAR)) : Optional.empty();
    Optional<GradientSums<A>> sums = bias(run).map(each -> chunk.sums(each, 0));
    Activations<A> activations = new Activations<>(chunk);
    chunk.eachPart(
        part -> {
          MatrixRows dys = chunk.cotangents(cotangent);
          chunk.back(dys, w, chunk.matrix(chunk.hiddenCotangent(), form.hidden()));
          activations.back(
              run.operands().getFirst(),
              ExpertsOut.linear(run),
              new Activations.Back(weight, bias, cotangent, weightGradient),
              results.getFirst(),
              linear);
          chunk.weights(part > 0, chunk.operand(chunk.hidden(), form.hidden()), dys, gradient);
          sums.ifPresent(all -> chunk.addCotangents(all, cotangent, weight));
        });
    chunk.store(gradient, results.get(OUT));
    sums.ifPresent(GradientSums::store);
  }
}
