package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.experts_out.gradient}: as {@link ExpertsGradientKernel}, from the
 * outputs' cotangent to that of what activations are of.
 *
 * @param form sizes and kind
 */
record ExpertsOutGradientKernel(ExpertsForm form) implements CompositeKernel {
  @Override
  public double flops() {
    return 2 * form.flops() / form.products();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return ExpertsKernel.bytes(form, workers, true);
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    workers.run(1, (_, scratch) -> run(form.math(), operands, results, workers, scratch));
  }

  private <A> void run(
      RowMath<A> math,
      List<Tensor> operands,
      List<Tensor> results,
      Workers workers,
      Scratch scratch) {
    Permutation permutation =
        Permutation.of(operands.get(2), form.experts(), form.capacity(), scratch);
    ExpertRuns.run(
        form,
        permutation,
        workers,
        (expert, threads, own) -> {
          if (permutation.size(expert) == 0) {
            Chunk.clear(results.get(2).select(0, expert));
            bias(results).ifPresent(each -> Chunk.clear(each.select(0, expert)));
          } else {
            Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
            expert(math, chunk, own, permutation, operands, results, expert);
          }
        });
    int count = permutation.count(form.experts());
    Chunk.clear(results.getFirst().slice(0, count, results.getFirst().size(0)));
    if (form.activation().isGated()) {
      Chunk.clear(results.get(3).slice(0, count, results.get(3).size(0)));
    }
    ExpertsGradientKernel.clearUnsent(form, permutation, TokenElements.of(results.get(1)));
  }

  /** The gradient by the last product's bias: the last, after those of z, weights, wo and v. */
  private Optional<Tensor> bias(List<Tensor> results) {
    return form.biased() ? Optional.of(results.getLast()) : Optional.empty();
  }

  private <A> void expert(
      RowMath<A> math,
      Chunk<A> chunk,
      Scratch own,
      Permutation permutation,
      List<Tensor> operands,
      List<Tensor> results,
      int expert) {
    int hidden = form.hidden();
    TokenSums.Weight weight = ExpertsKernel.weightOf(form, TokenElements.of(operands.get(1)));
    TokenElements weightGradient = TokenElements.of(results.get(1));
    Tensor cotangent = operands.get(ExpertsOutKernel.operands(form));
    Tensor w = chunk.matrix(operands.get(ExpertsOutKernel.OUT), expert, 0);
    Tensor gradient = chunk.gradientOf(results.get(2), expert, 0);
    Optional<GradientSums<A>> sums =
        bias(results).map(_ -> new GradientSums<>(math, own, 0, form.model()));
    for (int part = 0; part < chunk.parts(expert); part++) {
      chunk.take(expert, part);
      A dy = chunk.gatherCotangent(cotangent);
      Tensor dys = chunk.matrix(dy, form.model());
      ExpertsOutKernel.load(chunk, form, operands);
      // Back wants a relu itself, and of others what they are of.
      if (form.activation() == Activation.RELU) {
        chunk.activate();
      }
      chunk.back(dys, w, chunk.matrix(chunk.hiddenCotangent(), hidden));
      chunk.backActivations(
          permutation,
          weight,
          ExpertsOutKernel.bias(chunk, form, operands, expert),
          dy,
          (choice, value) -> ExpertsGradientKernel.set(form, weightGradient, choice, value));
      chunk.weights(part > 0, chunk.matrix(chunk.hidden(), hidden), dys, gradient);
      chunk.store(chunk.hiddenCotangent(), results.getFirst());
      if (form.activation().isGated()) {
        chunk.store(chunk.linear(), results.get(3));
      }
      sums.ifPresent(
          all ->
              all.add(
                  dy, chunk.rows(), row -> weight.of(permutation.choices()[chunk.first() + row])));
    }
    chunk.store(gradient, results.get(2), expert);
    sums.ifPresent(all -> all.store(results.getLast(), expert));
  }
}
