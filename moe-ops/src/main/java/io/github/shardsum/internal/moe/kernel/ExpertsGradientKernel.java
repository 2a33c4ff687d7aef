package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.experts.gradient}: one expert at a time, its activations computed again.
 * Weights are applied here, on the expert's side: with {@code dh = dy wo^T}, the cotangent of a
 * row's weight is {@code <dh, h>} (SonicMoE), so that no output of an expert is needed. Gradients
 * by an expert's weights are sums over its rows in order, those by tokens over a token's choices.
 *
 * @param form sizes and kind
 */
record ExpertsGradientKernel(ExpertsForm form) implements CompositeKernel {

  @Override
  public double flops() {
    return 3 * form.flops();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return ExpertsKernel.bytes(form, workers, true);
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    workers.run(
        1,
        (_, scratch) ->
            new Backward<>(form, form.math(), operands, results, workers, scratch).run());
  }

  /** Sets the cotangent of a choice's weight. */
  static void set(ExpertsForm form, TokenElements gradient, int choice, double value) {
    int slots = form.choices();
    gradient.set(
        choice / slots / form.tokens(), choice / slots % form.tokens(), choice % slots, value);
  }

  /** Choices that are not sent have no gradient. */
  static void clearUnsent(ExpertsForm form, Permutation permutation, TokenElements gradient) {
    for (int choice = 0; choice < form.groups() * form.tokens() * form.choices(); choice++) {
      if (permutation.rows()[choice] < 0) {
        set(form, gradient, choice, 0);
      }
    }
  }

  /** One run. */
  private static final class Backward<A> {
    private final ExpertsForm form;
    private final RowMath<A> math;
    private final Workers workers;
    private final Tensor inputs;
    private final Tensor cotangent;
    private final ExpertWeights<Tensor> weights;
    private final ExpertWeights<Tensor> gradients;
    private final Tensor inputGradient;
    private final TokenElements weightGradient;
    private final TokenSums.Weight weight;
    private final Permutation permutation;
    private final A rows;

    Backward(
        ExpertsForm form,
        RowMath<A> math,
        List<Tensor> operands,
        List<Tensor> results,
        Workers workers,
        Scratch scratch) {
      this.form = form;
      this.math = math;
      this.workers = workers;
      this.inputs = operands.getFirst();
      this.weights = ExpertsKernel.weights(form, operands);
      this.cotangent = operands.get(ExpertsForm.OPERANDS + form.weights());
      this.inputGradient = results.get(0);
      this.weightGradient = TokenElements.of(results.get(1));
      this.gradients = ExpertWeights.of(form.activation().isGated(), form.biased(), results, 2);
      this.weight = ExpertsKernel.weightOf(form, TokenElements.of(operands.get(1)));
      this.permutation = Permutation.of(operands.get(2), form.experts(), form.capacity(), scratch);
      this.rows =
          math.array(scratch, ExpertsKernel.ROWS, permutation.count(form.experts()) * form.model());
    }

    void run() {
      ExpertRuns.run(form, permutation, workers, this::expert);
      TokenSums.run(form, math, permutation, rows, _ -> 1, inputGradient, workers);
      clearUnsent(form, permutation, weightGradient);
    }

    private void set(int choice, double value) {
      ExpertsGradientKernel.set(form, weightGradient, choice, value);
    }

    private void expert(int expert, Workers threads, Scratch own) {
      if (permutation.size(expert) == 0) {
        gradients.all().forEach(gradient -> Chunk.clear(gradient.select(0, expert)));
        return;
      }
      Chunk<A> chunk = new Chunk<>(form, math, threads, own, permutation);
      ExpertWeights<Tensor> w = chunk.matrices(weights, expert);
      Sums sums = new Sums(own);
      ExpertWeights<Tensor> to = into(chunk, expert);
      for (int part = 0; part < chunk.parts(expert); part++) {
        chunk.take(expert, part);
        part(chunk, w, to, sums, part > 0);
      }
      store(chunk, to, expert);
      sums.store(expert);
    }

    private void part(
        Chunk<A> chunk,
        ExpertWeights<Tensor> w,
        ExpertWeights<Tensor> to,
        Sums sums,
        boolean adds) {
      int hidden = form.hidden();
      A x = chunk.gather(inputs);
      A dy = chunk.gatherCotangent(cotangent);
      chunk.preactivated(x, w);
      A z = chunk.hidden();
      A v = chunk.linear();
      A d = chunk.hiddenCotangent();
      Tensor xs = chunk.matrix(x, form.model());
      Tensor dys = chunk.matrix(dy, form.model());
      Tensor ds = chunk.matrix(d, hidden);
      chunk.back(dys, w.out(), ds);
      chunk.backActivations(permutation, weight, w.outBias(), dy, this::set);
      chunk.weights(adds, chunk.matrix(z, hidden), dys, to.out());
      chunk.weights(adds, xs, ds, to.in());
      Tensor dxs = chunk.rowsOf(rows, form.model());
      chunk.back(ds, w.in(), dxs);
      if (w.linear().isPresent()) {
        Tensor vs = chunk.matrix(v, hidden);
        chunk.weights(adds, xs, vs, to.linear().orElseThrow());
        chunk.addBack(vs, w.linear().get(), dxs);
      }
      sums.add(chunk, dy, d, v);
    }

    /** Where gradients by an expert's matrices go; those by biases are sums of their own. */
    private ExpertWeights<Tensor> into(Chunk<A> chunk, int expert) {
      int[] next = {0};
      List<Tensor> all =
          gradients.all().stream()
              .map(each -> each.rank() < 3 ? each : chunk.gradientOf(each, expert, next[0]++))
              .toList();
      return ExpertWeights.of(form.activation().isGated(), form.biased(), all, 0);
    }

    private void store(Chunk<A> chunk, ExpertWeights<Tensor> from, int expert) {
      chunk.store(from.in(), gradients.in(), expert);
      chunk.store(from.out(), gradients.out(), expert);
      from.linear().ifPresent(wv -> chunk.store(wv, gradients.linear().orElseThrow(), expert));
    }

    /** Gradients by an expert's biases, as far as there are such. */
    private final class Sums {
      private final Optional<GradientSums<A>> in;
      private final Optional<GradientSums<A>> out;
      private final Optional<GradientSums<A>> linear;

      Sums(Scratch own) {
        in = gradients.inBias().map(_ -> new GradientSums<>(math, own, 0, form.hidden()));
        out = gradients.outBias().map(_ -> new GradientSums<>(math, own, 1, form.model()));
        linear = gradients.linearBias().map(_ -> new GradientSums<>(math, own, 2, form.hidden()));
      }

      void add(Chunk<A> chunk, A dy, A d, A v) {
        in.ifPresent(sums -> sums.add(d, chunk.rows(), _ -> 1));
        out.ifPresent(
            sums ->
                sums.add(
                    dy,
                    chunk.rows(),
                    row -> weight.of(permutation.choices()[chunk.first() + row])));
        linear.ifPresent(sums -> sums.add(v, chunk.rows(), _ -> 1));
      }

      void store(int expert) {
        in.ifPresent(sums -> sums.store(gradients.inBias().orElseThrow(), expert));
        out.ifPresent(sums -> sums.store(gradients.outBias().orElseThrow(), expert));
        linear.ifPresent(sums -> sums.store(gradients.linearBias().orElseThrow(), expert));
      }
    }
  }
}
