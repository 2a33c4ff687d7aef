package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The work of {@code moe.experts_in.gradient}: one expert at a time, gradients by its first
 * matrices and by its rows of tokens, which are then summed over a token's choices.
 */
final class ExpertsInGradient {
  private ExpertsInGradient() {}

  static <A> void run(ExpertRun<A> run) {
    List<Tensor> results = run.results();
    A rows = run.rows();
    run.eachExpert(
        chunk -> {
          if (chunk.isEmpty()) {
            results.subList(1, results.size()).forEach(chunk::clear);
          } else {
            expert(run, chunk, rows);
          }
        });
    TokenSums.run(run, rows, results.getFirst());
  }

  /**
   * One of an expert's first products, backward.
   *
   * @param cotangent of its result, {@code [R, H]}
   * @param w its matrix
   * @param gradient by the matrix
   * @param sums the gradient by its bias, if there is one
   */
  private record Product<A>(
      Tensor cotangent, Tensor w, Tensor gradient, Optional<GradientSums<A>> sums) {
    static <A> Product<A> of(ExpertRun<A> run, Chunk<A> chunk, int which) {
      ExpertsForm form = run.form();
      List<Tensor> results = run.results();
      int first = form.firstProducts();
      int cotangents = ExpertsIn.MATRICES + first * (form.biased() ? 2 : 1);
      return new Product<>(
          run.operands().get(cotangents + which),
          chunk.matrix(run.operands().get(ExpertsIn.MATRICES + which), which),
          chunk.gradientOf(results.get(1 + which), which),
          form.biased()
              ? Optional.of(chunk.sums(results.get(1 + first + which), which))
              : Optional.empty());
    }
  }

  private static <A> void expert(ExpertRun<A> run, Chunk<A> chunk, A rows) {
    int model = run.form().model();
    List<Product<A>> products =
        IntStream.range(0, run.form().firstProducts())
            .mapToObj(which -> Product.of(run, chunk, which))
            .toList();
    chunk.eachPart(
        part -> {
          MatrixRows x = chunk.tokens(run.operands().getFirst());
          Tensor dx = chunk.rowsOf(rows, model);
          for (int i = 0; i < products.size(); i++) {
            Product<A> product = products.get(i);
            Tensor d = chunk.rowsOf(product.cotangent(), i);
            chunk.weights(part > 0, x, MatrixRows.of(d), product.gradient());
            if (i == 0) {
              chunk.back(MatrixRows.of(d), product.w(), dx);
            } else {
              chunk.addBack(d, product.w(), dx);
            }
            if (product.sums().isPresent()) {
              A loaded = chunk.load(product.cotangent(), chunk.hiddenCotangent());
              product.sums().get().add(loaded, chunk.rows());
            }
          }
        });
    for (int i = 0; i < products.size(); i++) {
      chunk.store(products.get(i).gradient(), run.results().get(1 + i));
      products.get(i).sums().ifPresent(GradientSums::store);
    }
  }
}
