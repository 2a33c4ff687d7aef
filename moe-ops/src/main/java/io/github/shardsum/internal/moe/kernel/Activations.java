package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.grouped.RowFunction;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/**
 * The steps between the products of a chunk's rows: the activation and the weights of the rows'
 * choices. Because weights are applied here, on the expert's side, a token's rows are later only
 * summed.
 *
 * @param <A> the type of arrays
 */
final class Activations<A> {
  private final ExpertsForm form;
  private final ExpertRowMath<A> math;
  private final ExpertChunk<A> chunk;
  private final Activation activation;
  private final boolean gated;

  /** The activations of a chunk, for any of its rows. */
  Activations(ExpertChunk<A> chunk) {
    this.form = chunk.form();
    this.math = chunk.math();
    this.chunk = chunk;
    this.activation = form.activation();
    this.gated = activation.isGated();
  }

  private A row(Scratch own, ExpertScratchArray which) {
    return math.array(own, which.slot(), Math.max(form.hidden(), form.model()));
  }

  /**
   * Loads the weights of the chunk's rows.
   *
   * @param weight the weight of each choice, {@code [G, S, K]}
   */
  void weigh(TokenElements weight) {
    double[] weights = chunk.weights();
    for (int row = 0; row < chunk.rows(); row++) {
      weights[row] = weight.get(chunk.choice(row));
    }
  }

  /**
   * Computes {@link ExpertChunk#hidden}: the first product (both products of a gated activation),
   * then the activation, times the weights of {@link #weigh}. The activation is the epilogue of the
   * product, applied to sums that are still in the cache.
   */
  void of(MatrixRows x, ExpertTensors w) {
    int all = form.hidden();
    Tensor h = chunk.matrix(chunk.hidden(), all);
    int most = gated ? ExpertChunkSize.GATED_COLUMNS : all;
    for (int from = 0; from < all; from += most) {
      int end = Math.min(all, from + most);
      int width = end - from;
      A v = chunk.linear(gated ? width : 0);
      if (w.find(ExpertTensor.LINEAR).isPresent()) {
        Tensor wv = w.get(ExpertTensor.LINEAR).slice(2, from, end);
        Optional<Tensor> bias = columns(w.find(ExpertTensor.LINEAR_BIAS), from, end);
        chunk.product(x, wv, bias, false, chunk.matrix(v, width));
      }
      GroupedProduct.rowsInto(
          chunk.workers(),
          h.slice(1, from, end),
          x,
          w.get(ExpertTensor.IN).slice(2, from, end),
          chunk.sizes(),
          ExpertChunk.epilogue(columns(w.find(ExpertTensor.IN_BIAS), from, end)),
          ofSums(v, width));
    }
  }

  private static Optional<Tensor> columns(Optional<Tensor> bias, int from, int end) {
    return bias.map(all -> all.slice(1, from, end));
  }

  /**
   * The activation of a product, with v as the other operand if it is gated, times the weights of
   * rows.
   */
  private RowFunction ofSums(A v, int width) {
    double[] weights = chunk.weights();
    return math.function(
        (row, column, z, at, n, spare, spareAt) ->
            math.activate(
                activation, weights[row], z, at, v, row * width + column, n, spare, spareAt));
  }

  /**
   * Computes {@link ExpertChunk#hidden} from operands that were kept: their activation times the
   * weights of {@link #weigh}.
   *
   * @param z {@code [R, H]}
   * @param v {@code [R, H]}, for a gated activation
   */
  void of(Tensor z, Optional<Tensor> v) {
    int width = form.hidden();
    A h = chunk.hidden();
    double[] weights = chunk.weights();
    Elements from = Elements.of(z);
    Optional<Elements> gates = v.map(Elements::of);
    chunk.eachRow(
        (row, own) -> {
          A gate = row(own, ExpertScratchArray.ROW_LINEAR);
          load(from, z, row, h, row * width);
          if (gates.isPresent()) {
            load(gates.get(), v.orElseThrow(), row, gate, 0);
          }
          A spare = row(own, ExpertScratchArray.ROW_SPARE);
          math.activate(activation, weights[row], h, row * width, gate, 0, width, spare, 0);
        });
  }

  /**
   * Computes the chunk's rows of {@code [R, M]}: the last product, of the weighted {@link
   * ExpertChunk#hidden}, plus its bias times the weights of rows.
   */
  void outputs(Tensor w, Optional<Tensor> bias, A all) {
    MatrixRows h = chunk.operand(chunk.hidden(), form.hidden());
    Tensor to = chunk.rowsOf(all, form.model());
    if (bias.isEmpty()) {
      chunk.product(h, w, bias, false, to);
      return;
    }
    A added = chunk.biasRow(bias.get());
    double[] weights = chunk.weights();
    RowFunction addBias =
        math.function(
            (row, column, values, at, n, spare, spareAt) ->
                math.addScaled(weights[row], added, column, values, at, n, spare, spareAt));
    GroupedProduct.rowsInto(chunk.workers(), to, h, w, chunk.sizes(), Epilogue.none(), addBias);
  }

  /**
   * Computes the activation's operands, {@link ExpertChunk#hidden} and {@link ExpertChunk#linear}.
   * For a relu, computes its value instead.
   */
  void before(MatrixRows x, ExpertTensors w) {
    int hidden = form.hidden();
    boolean relu = activation == Activation.RELU;
    chunk.product(
        x,
        w.get(ExpertTensor.IN),
        w.find(ExpertTensor.IN_BIAS),
        relu,
        chunk.matrix(chunk.hidden(), hidden));
    if (w.find(ExpertTensor.LINEAR).isPresent()) {
      Tensor v = chunk.matrix(chunk.linear(), hidden);
      chunk.product(x, w.get(ExpertTensor.LINEAR), w.find(ExpertTensor.LINEAR_BIAS), false, v);
    }
  }

  /**
   * Arrays that the backward pass needs in addition to the activations' operands.
   *
   * @param weight the weight of each choice, {@code [G, S, K]}
   * @param outBias the bias of the second product, to which the weight applies too
   * @param y the outputs' cotangent {@code [G, S, M]}
   * @param to receives the cotangents of weights, {@code [G, S, K]}
   */
  record Back(TokenElements weight, Optional<Tensor> outBias, Tensor y, TokenElements to) {}

  /**
   * The backward pass from the operands that {@link #before} computed and from the unweighted
   * {@link ExpertChunk#hiddenCotangent}. The weighted activation and the cotangents replace them.
   */
  void back(Back back) {
    int width = form.hidden();
    A h = chunk.hidden();
    A v = chunk.linear();
    A d = chunk.hiddenCotangent();
    RowBack rowBack = new RowBack(back);
    chunk.eachRow(
        (row, own) -> {
          int at = row * width;
          A z = row(own, ExpertScratchArray.ROW_HIDDEN);
          A gate = row(own, ExpertScratchArray.ROW_LINEAR);
          math.copy(h, at, z, 0, width);
          if (gated) {
            math.copy(v, at, gate, 0, width);
          }
          A cotangent = rowBack.run(row, own, d, z, gate);
          math.copy(z, 0, h, at, width);
          math.copy(cotangent, 0, d, at, width);
          if (gated) {
            math.copy(gate, 0, v, at, width);
          }
        });
  }

  /**
   * The backward pass from operands that were kept, {@code [R, H]}. Afterwards {@link
   * ExpertChunk#hidden} is the weighted activation, and the cotangents are stored.
   *
   * @param dz receives the cotangent of z; may be z
   * @param dv receives the cotangent of v; may be v
   */
  void back(Tensor z, Optional<Tensor> v, Back back, Tensor dz, Optional<Tensor> dv) {
    int width = form.hidden();
    A h = chunk.hidden();
    A d = chunk.hiddenCotangent();
    Elements from = Elements.of(z);
    Elements to = Elements.of(dz);
    Optional<Elements> gates = v.map(Elements::of);
    Optional<Elements> gateCotangents = dv.map(Elements::of);
    RowBack rowBack = new RowBack(back);
    chunk.eachRow(
        (row, own) -> {
          A kept = row(own, ExpertScratchArray.ROW_HIDDEN);
          A gate = row(own, ExpertScratchArray.ROW_LINEAR);
          load(from, z, row, kept, 0);
          if (gates.isPresent()) {
            load(gates.get(), v.orElseThrow(), row, gate, 0);
          }
          if (activation == Activation.RELU) {
            // The backward pass of a relu reads its value; the backward pass of other activations
            // reads their operands.
            math.activate(
                activation, 1, kept, 0, gate, 0, width, row(own, ExpertScratchArray.ROW_SPARE), 0);
          }
          A cotangent = rowBack.run(row, own, d, kept, gate);
          math.copy(kept, 0, h, row * width, width);
          store(cotangent, to, dz, row);
          if (gateCotangents.isPresent()) {
            store(gate, gateCotangents.get(), dv.orElseThrow(), row);
          }
        });
  }

  /** Loads a row of {@code [R, width]}. */
  private void load(Elements elements, Tensor all, int row, A to, int at) {
    long from = (chunk.first() + row) * all.stride(0);
    math.load(elements, from, all.stride(1), (int) all.size(1), to, at);
  }

  /** Stores a row of {@code [R, width]}. */
  private void store(A from, Elements elements, Tensor all, int row) {
    long to = (chunk.first() + row) * all.stride(0);
    math.store(elements, to, all.stride(1), (int) all.size(1), from, 0);
  }

  /** The backward pass of one row, in arrays of only that row. */
  private final class RowBack {
    private final Back back;
    private final Elements cotangents;
    private final Optional<A> bias;

    RowBack(Back back) {
      this.back = back;
      this.cotangents = Elements.of(back.y());
      this.bias = back.outBias().map(chunk::biasRow);
    }

    /**
     * Turns z into the weighted activation and v into its cotangent, and stores the weight's
     * cotangent.
     *
     * @param d the cotangents of all rows
     */
    A run(int row, Scratch own, A d, A z, A v) {
      int width = form.hidden();
      int choice = chunk.choice(row);
      A spare = row(own, ExpertScratchArray.ROW_SPARE);
      double dot = bias.isPresent() ? dotWithBias(row, own, bias.get(), spare) : 0;
      A cotangent = row(own, ExpertScratchArray.ROW_COTANGENT);
      math.copy(d, row * width, cotangent, 0, width);
      double weight = back.weight().get(choice);
      double sum = math.back(activation, weight, cotangent, z, v, width, spare);
      back.to().set(choice, sum + dot);
      return cotangent;
    }

    private double dotWithBias(int row, Scratch own, A of, A spare) {
      Tensor y = back.y();
      A dy = row(own, ExpertScratchArray.ROW_COTANGENT);
      math.load(cotangents, chunk.position(y, row), y.stride(2), form.model(), dy, 0);
      return math.dot(dy, of, form.model(), spare);
    }
  }
}
