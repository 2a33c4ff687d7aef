package io.github.shardsum.internal.moe.kernel;

import static io.github.shardsum.internal.moe.kernel.ExpertTensor.COTANGENT;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.GATE;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.GATE_COTANGENT;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.HIDDEN;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.HIDDEN_COTANGENT;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.IN_BIAS;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.LINEAR;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.LINEAR_BIAS;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.OUT_BIAS;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.POSITIONS;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.TOKENS;
import static io.github.shardsum.internal.moe.kernel.ExpertTensor.WEIGHTS;

import java.util.List;

/** The products of an expert that a composite computes. */
enum ExpertStage {
  /** {@code moe.experts}: first products, activation and last product. */
  WHOLE,

  /** {@code moe.experts_in}: the first products, which are kept. */
  IN,

  /** {@code moe.experts_out}: activation and last product of first products that were kept. */
  OUT;

  /** All operands of the gradient. */
  private List<ExpertTensor> tensors() {
    return switch (this) {
      case WHOLE ->
          List.of(
              TOKENS,
              WEIGHTS,
              POSITIONS,
              ExpertTensor.IN,
              ExpertTensor.OUT,
              LINEAR,
              IN_BIAS,
              OUT_BIAS,
              LINEAR_BIAS,
              COTANGENT);
      case IN ->
          List.of(
              TOKENS,
              POSITIONS,
              ExpertTensor.IN,
              LINEAR,
              IN_BIAS,
              LINEAR_BIAS,
              HIDDEN_COTANGENT,
              GATE_COTANGENT);
      case OUT -> List.of(HIDDEN, WEIGHTS, POSITIONS, ExpertTensor.OUT, GATE, OUT_BIAS, COTANGENT);
    };
  }

  /** The operands of the composite or of its gradient. */
  List<ExpertTensor> operands(ExpertsForm form, boolean backward) {
    return tensors().stream()
        .filter(each -> each.isIn(form) && (backward || !each.isCotangent()))
        .toList();
  }

  /** The results of the gradient: the gradients of operands. Positions have none. */
  List<ExpertTensor> gradients(ExpertsForm form) {
    return operands(form, false).stream().filter(each -> each != POSITIONS).toList();
  }

  /** The index of the operand with the positions. */
  int positionsAt() {
    return tensors().indexOf(POSITIONS);
  }

  /** The index of the first operand that is a matrix. */
  int matricesAt() {
    return positionsAt() + 1;
  }

  /** FLOPs of the forward products for the most rows. */
  double flops(ExpertsForm form) {
    double one = form.flops() / form.products();
    return switch (this) {
      case WHOLE -> form.flops();
      case IN -> one * form.firstProducts();
      case OUT -> one;
    };
  }
}
