package io.github.shardsum.internal.contraction;

import java.util.Optional;

/**
 * What is done to every element of a result after it is summed: out = relu(scale * (alpha * sum +
 * beta * out) + bias).
 *
 * @param alpha factor of the sum
 * @param beta factor of what out held; 0 does not read it
 * @param scale factor of both
 * @param bias added after that; its strides stand in the step's loops
 * @param relu whether negative elements become 0
 */
public record ResultScaling(
    double alpha, double beta, double scale, Optional<ArrayRef> bias, boolean relu) {
  /** Overwrites out with the sum. */
  public static final ResultScaling PLAIN = new ResultScaling(1, 0, 1, Optional.empty(), false);

  /** Whether the sum itself is the result. */
  public boolean isPlain() {
    return alpha == 1 && beta == 0 && !hasEpilogue();
  }

  /** Whether anything follows alpha and beta. */
  public boolean hasEpilogue() {
    return scale != 1 || relu || bias.isPresent();
  }

  /** The same without what follows alpha and beta. */
  public ResultScaling withoutEpilogue() {
    return hasEpilogue() ? new ResultScaling(alpha, beta, 1, Optional.empty(), false) : this;
  }

  /** The same without the relu. */
  public ResultScaling withoutRelu() {
    return new ResultScaling(alpha, beta, scale, bias, false);
  }

  /** The same epilogue, adding to out. */
  public ResultScaling accumulating() {
    return new ResultScaling(alpha, 1, scale, bias, relu);
  }

  /** The same with the bias's first element further on. */
  ResultScaling withBiasMoved(long elements) {
    return bias.isEmpty()
        ? this
        : new ResultScaling(alpha, beta, scale, bias.map(slot -> slot.plus(elements)), relu);
  }
}
