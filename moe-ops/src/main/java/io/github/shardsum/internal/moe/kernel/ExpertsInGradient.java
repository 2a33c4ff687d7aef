package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts_in.gradient}, one expert at a time: the gradients of its first
 * matrices and of its rows of tokens. The gradients of rows are then summed over a token's choices.
 */
final class ExpertsInGradient {
  private ExpertsInGradient() {}

  /**
   * The results.
   *
   * @param tokens the gradient of tokens, {@code [G, S, M]}
   * @param matrices gradients of the first matrices
   * @param biases gradients of the biases of these products; empty without biases
   */
  private record Results(Tensor tokens, List<Tensor> matrices, List<Tensor> biases) {
    static Results of(ExpertsForm form, List<Tensor> all) {
      int biases = 1 + form.firstProducts();
      return new Results(all.getFirst(), all.subList(1, biases), all.subList(biases, all.size()));
    }

    /** Sets the expert's parts to 0. */
    void clear(ExpertChunk<?> chunk) {
      matrices.forEach(chunk::clear);
      biases.forEach(chunk::clear);
    }
  }

  static <A> void run(ExpertRun<A> run) {
    ExpertsIn.Operands operands = ExpertsIn.Operands.of(run.form(), run.operands());
    Results results = Results.of(run.form(), run.results());
    A rows = run.rows();
    run.eachExpert(
        chunk -> {
          if (chunk.isEmpty()) {
            results.clear(chunk);
          } else {
            expert(operands, results, chunk, rows);
          }
        });
    Combine.run(run, rows, results.tokens());
  }

  /**
   * The backward pass of one of an expert's first products.
   *
   * @param cotangent the cotangent of the product's result, {@code [R, H]}
   * @param w the matrix
   * @param gradient the gradient of the matrix
   * @param sums the gradient of the bias, if there is one
   */
  private record Product<A>(
      Tensor cotangent, Tensor w, Tensor gradient, Optional<ExpertBiasGradient<A>> sums) {
    static <A> Product<A> of(ExpertsIn.Product product, Results results, ExpertChunk<A> chunk) {
      int index = product.index();
      return new Product<>(
          product.cotangent().orElseThrow(),
          product.matrix(chunk),
          chunk.gradientOf(results.matrices().get(index), index),
          product.bias().map(_ -> chunk.sums(results.biases().get(index), index)));
    }
  }

  private static <A> void expert(
      ExpertsIn.Operands operands, Results results, ExpertChunk<A> chunk, A rows) {
    List<Product<A>> products =
        operands.products().stream().map(each -> Product.of(each, results, chunk)).toList();
    chunk.eachPart(
        part -> {
          MatrixRows x = chunk.tokens(operands.tokens());
          Tensor dx = chunk.rowsOf(rows, chunk.form().model());
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
      chunk.store(products.get(i).gradient(), results.matrices().get(i));
      products.get(i).sums().ifPresent(ExpertBiasGradient::store);
    }
  }
}
