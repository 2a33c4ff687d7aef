package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The forward pass of experts, one expert at a time: the first products of its tokens' rows, the
 * activation times the weight of each row's choice, and the last product. Then the rows of each
 * token are summed in the order of its choices. A pass may end after the first products, or begin
 * behind them.
 */
final class Experts {
  private Experts() {}

  static <A> void run(ExpertRun<A> run, ExpertStage stage) {
    ExpertTensors operands = ExpertTensors.of(stage.operands(run.form(), false), run.operands());
    if (stage == ExpertStage.IN) {
      run.eachPart(chunk -> firstProducts(operands, run.results(), chunk));
      run.results().forEach(run::clearRest);
      return;
    }
    A rows = run.rows();
    TokenElements weight = TokenElements.of(operands.get(ExpertTensor.WEIGHTS));
    run.eachPart(
        chunk -> {
          ExpertTensors w = chunk.matrices(operands);
          Activations<A> activations = new Activations<>(chunk);
          chunk.eachPart(
              _ -> {
                activations.weigh(weight);
                if (stage == ExpertStage.WHOLE) {
                  activations.of(chunk.tokens(operands.get(ExpertTensor.TOKENS)), w);
                } else {
                  activations.of(
                      operands.get(ExpertTensor.HIDDEN), operands.find(ExpertTensor.GATE));
                }
                activations.outputs(w.get(ExpertTensor.OUT), w.find(ExpertTensor.OUT_BIAS), rows);
              });
        });
    Combine.run(run, rows, run.results().getFirst());
  }

  private static <A> void firstProducts(
      ExpertTensors operands, List<Tensor> results, ExpertChunk<A> chunk) {
    ExpertTensors w = chunk.matrices(operands);
    chunk.eachPart(
        _ -> {
          MatrixRows x = chunk.tokens(operands.get(ExpertTensor.TOKENS));
          Tensor in = w.get(ExpertTensor.IN);
          product(chunk, x, in, w.find(ExpertTensor.IN_BIAS), results.getFirst());
          w.find(ExpertTensor.LINEAR)
              .ifPresent(
                  linear ->
                      product(
                          chunk, x, linear, w.find(ExpertTensor.LINEAR_BIAS), results.getLast()));
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
