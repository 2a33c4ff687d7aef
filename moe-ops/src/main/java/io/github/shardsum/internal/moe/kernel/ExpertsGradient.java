package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The backward pass of experts, one expert at a time. First products that were not kept are
 * computed again, and so are activations. Weights are applied on the expert's side: with {@code dh
 * = dy wo^T}, the cotangent of a row's weight is {@code <dh, h>} (SonicMoE), so no output of an
 * expert is needed. The gradient of an expert's weights is a sum over its rows in order. The
 * gradient of a token is a sum over its choices.
 */
final class ExpertsGradient<A> {
  private final ExpertStage stage;
  private final ExpertsForm form;
  private final ExpertTensors operands;
  private final ExpertTensors gradients;

  /** The gradients of rows of tokens; none behind first products that were kept. */
  private final Optional<A> rows;

  private ExpertsGradient(ExpertRun<A> run, ExpertStage stage) {
    this.stage = stage;
    this.form = run.form();
    this.operands = ExpertTensors.of(stage.operands(form, true), run.operands());
    this.gradients = ExpertTensors.of(stage.gradients(form), run.results());
    this.rows = gradients.find(ExpertTensor.TOKENS).map(_ -> run.rows());
  }

  static <A> void run(ExpertRun<A> run, ExpertStage stage) {
    ExpertsGradient<A> gradient = new ExpertsGradient<>(run, stage);
    ExpertTensors gradients = gradient.gradients;
    run.eachExpert(gradient::expert);
    gradient.rows.ifPresent(rows -> Combine.run(run, rows, gradients.get(ExpertTensor.TOKENS)));
    gradients.find(ExpertTensor.HIDDEN).ifPresent(run::clearRest);
    gradients.find(ExpertTensor.GATE).ifPresent(run::clearRest);
    gradients.find(ExpertTensor.WEIGHTS).map(TokenElements::of).ifPresent(run::clearUnsent);
  }

  /**
   * The weights of one expert.
   *
   * @param w the weights in the dtype of the arithmetic
   * @param to the memory of the matrices' gradients
   * @param sums the gradients of biases
   */
  private record Expert<A>(
      ExpertTensors w, ExpertTensors to, Map<ExpertTensor, ExpertBiasGradient<A>> sums) {
    Optional<ExpertBiasGradient<A>> sum(ExpertTensor bias) {
      return Optional.ofNullable(sums.get(bias));
    }
  }

  private void expert(ExpertChunk<A> chunk) {
    if (chunk.isEmpty()) {
      gradients.weights(each -> each).all().values().forEach(chunk::clear);
      return;
    }
    Expert<A> expert = new Expert<>(chunk.matrices(operands), into(chunk), sums(chunk));
    chunk.eachPart(
        part -> {
          if (stage != ExpertStage.IN) {
            last(chunk, expert, part > 0);
          }
          if (stage != ExpertStage.OUT) {
            first(chunk, expert, part > 0);
          }
        });
    expert
        .to()
        .all()
        .forEach(
            (which, gradient) -> {
              if (which.isMatrix()) {
                chunk.store(gradient, gradients.get(which));
              }
            });
    expert.sums().values().forEach(ExpertBiasGradient::store);
  }

  /** The backward pass through the last product and the activation. */
  private void last(ExpertChunk<A> chunk, Expert<A> expert, boolean adds) {
    ExpertTensors w = expert.w();
    Tensor cotangent = operands.get(ExpertTensor.COTANGENT);
    TokenElements weight = TokenElements.of(operands.get(ExpertTensor.WEIGHTS));
    Activations.Back back =
        new Activations.Back(
            weight,
            w.find(ExpertTensor.OUT_BIAS),
            cotangent,
            TokenElements.of(gradients.get(ExpertTensor.WEIGHTS)));
    Activations<A> activations = new Activations<>(chunk);
    if (stage == ExpertStage.WHOLE) {
      activations.before(chunk.tokens(operands.get(ExpertTensor.TOKENS)), w);
    }
    MatrixRows dys = chunk.cotangents(cotangent);
    A d = chunk.hiddenCotangent();
    chunk.back(dys, w.get(ExpertTensor.OUT), chunk.matrix(d, form.hidden()));
    if (stage == ExpertStage.WHOLE) {
      activations.back(back);
    } else {
      activations.back(
          operands.get(ExpertTensor.HIDDEN),
          operands.find(ExpertTensor.GATE),
          back,
          gradients.get(ExpertTensor.HIDDEN),
          gradients.find(ExpertTensor.GATE));
    }
    MatrixRows h = chunk.operand(chunk.hidden(), form.hidden());
    chunk.weights(adds, h, dys, expert.to().get(ExpertTensor.OUT));
    expert.sum(ExpertTensor.OUT_BIAS).ifPresent(all -> chunk.addCotangents(all, cotangent, weight));
  }

  /** The backward pass through the first products. */
  private void first(ExpertChunk<A> chunk, Expert<A> expert, boolean adds) {
    ExpertTensors w = expert.w();
    MatrixRows xs = chunk.tokens(operands.get(ExpertTensor.TOKENS));
    Tensor dxs = chunk.rowsOf(rows.orElseThrow(), form.model());
    Tensor ds =
        operands
            .find(ExpertTensor.HIDDEN_COTANGENT)
            .map(kept -> chunk.rowsOf(kept, 0))
            .orElseGet(() -> chunk.matrix(chunk.hiddenCotangent(), form.hidden()));
    chunk.weights(adds, xs, MatrixRows.of(ds), expert.to().get(ExpertTensor.IN));
    chunk.back(MatrixRows.of(ds), w.get(ExpertTensor.IN), dxs);
    if (w.find(ExpertTensor.LINEAR).isPresent()) {
      Tensor dv =
          operands
              .find(ExpertTensor.GATE_COTANGENT)
              .map(kept -> chunk.rowsOf(kept, 1))
              .orElseGet(() -> chunk.matrix(chunk.linear(), form.hidden()));
      chunk.weights(adds, xs, MatrixRows.of(dv), expert.to().get(ExpertTensor.LINEAR));
      chunk.addBack(dv, w.get(ExpertTensor.LINEAR), dxs);
    }
    expert
        .sum(ExpertTensor.LINEAR_BIAS)
        .ifPresent(
            all -> all.add(rows(chunk, ExpertTensor.GATE_COTANGENT, chunk.linear()), chunk.rows()));
    expert
        .sum(ExpertTensor.IN_BIAS)
        .ifPresent(
            all ->
                all.add(
                    rows(chunk, ExpertTensor.HIDDEN_COTANGENT, chunk.hiddenCotangent()),
                    chunk.rows()));
  }

  /** The chunk's rows of a cotangent: loaded if it is an operand, otherwise computed already. */
  private A rows(ExpertChunk<A> chunk, ExpertTensor cotangent, A computed) {
    return operands.find(cotangent).map(kept -> chunk.load(kept, computed)).orElse(computed);
  }

  /** Memory for the gradients of an expert's matrices; gradients of biases are separate sums. */
  private ExpertTensors into(ExpertChunk<A> chunk) {
    int[] next = {0};
    return gradients.weights(each -> each.rank() < 3 ? each : chunk.gradientOf(each, next[0]++));
  }

  private Map<ExpertTensor, ExpertBiasGradient<A>> sums(ExpertChunk<A> chunk) {
    Map<ExpertTensor, ExpertBiasGradient<A>> sums = new EnumMap<>(ExpertTensor.class);
    gradients
        .all()
        .forEach(
            (which, gradient) -> {
              if (which.isBias()) {
                sums.put(which, chunk.sums(gradient, sums.size()));
              }
            });
    return sums;
  }
}
