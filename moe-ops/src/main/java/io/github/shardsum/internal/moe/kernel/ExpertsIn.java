package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The work of {@code moe.experts_in}, one expert at a time: the rows of its tokens times its first
 * matrix, or times each of its two first matrices.
 */
final class ExpertsIn {
  private ExpertsIn() {}

  /**
   * The operands of the composite and of its gradient.
   *
   * @param tokens {@code [G, S, M]}
   * @param positions the positions of choices, {@code [G, S, K]}
   * @param products the first products: one, or two for a gated activation
   */
  record Operands(Tensor tokens, Tensor positions, List<Product> products) {
    /** The index of the positions. */
    static final int POSITIONS = 1;

    /** The index of the first matrix. */
    static final int MATRICES = 2;

    /** The number of operands without cotangents. */
    static int count(ExpertsForm form) {
      return MATRICES + form.firstProducts() * (form.biased() ? 2 : 1);
    }

    /**
     * The operands by name. In the list, their order is tokens, positions, matrices, biases,
     * cotangents.
     */
    static Operands of(ExpertsForm form, List<Tensor> all) {
      int first = form.firstProducts();
      int count = count(form);
      List<Product> products = new ArrayList<>();
      for (int i = 0; i < first; i++) {
        products.add(
            new Product(
                i,
                all.get(MATRICES + i),
                form.biased() ? Optional.of(all.get(MATRICES + first + i)) : Optional.empty(),
                all.size() > count ? Optional.of(all.get(count + i)) : Optional.empty()));
      }
      return new Operands(all.getFirst(), all.get(POSITIONS), products);
    }
  }

  /**
   * One of the first products of all experts.
   *
   * @param index 0, or 1 for the other first product of a gated activation
   * @param matrix {@code [E, M, H]}
   * @param bias {@code [E, H]}
   * @param cotangent the cotangent of the product's result, {@code [R, H]}; only an operand of the
   *     gradient
   */
  record Product(int index, Tensor matrix, Optional<Tensor> bias, Optional<Tensor> cotangent) {
    /** The expert's matrix in the dtype of the arithmetic. */
    Tensor matrix(ExpertChunk<?> chunk) {
      return chunk.matrix(matrix, index);
    }

    /** The expert's bias in the dtype of the arithmetic. */
    Optional<Tensor> bias(ExpertChunk<?> chunk) {
      return bias.map(all -> chunk.matrix(all, chunk.form().firstProducts() + index));
    }
  }

  static <A> void run(ExpertRun<A> run) {
    Operands operands = Operands.of(run.form(), run.operands());
    run.eachPart(chunk -> expert(operands, run.results(), chunk));
    run.results().forEach(run::clearRest);
  }

  private static <A> void expert(Operands operands, List<Tensor> results, ExpertChunk<A> chunk) {
    List<Tensor> matrices = operands.products().stream().map(each -> each.matrix(chunk)).toList();
    List<Optional<Tensor>> biases =
        operands.products().stream().map(each -> each.bias(chunk)).toList();
    chunk.eachPart(
        _ -> {
          MatrixRows x = chunk.tokens(operands.tokens());
          for (int i = 0; i < results.size(); i++) {
            product(chunk, x, matrices.get(i), biases.get(i), results.get(i));
          }
        });
  }

  private static <A> void product(
      ExpertChunk<A> chunk, MatrixRows x, Tensor w, Optional<Tensor> bias, Tensor result) {
    if (chunk.isDirect()) {
      chunk.product(x, w, bias, false, chunk.rowsOf(result, 0));
    } else {
      A z = chunk.hidden();
      chunk.product(x, w, bias, false, chunk.matrix(z, (int) result.size(1)));
      chunk.store(z, result);
    }
  }
}
