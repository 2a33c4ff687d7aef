package io.github.shardsum.internal.moe.route;

import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/**
 * The operands of a route, for all groups of a call. Thread-safe.
 *
 * @param scores {@code [G, S, E]}
 * @param nonPadding {@code [G, S]}: not zero if the token is real
 * @param uniform the uniform number of each token
 * @param bias {@code [E]}: added to gates only for the choice of experts; empty if there is no bias
 * @param choices {@code [G, S, K]}: the recorded experts of each token, if there are any
 */
public record RouteOperands(
    TokenElements scores,
    Optional<TokenElements> nonPadding,
    TokenUniforms uniform,
    double[] bias,
    Optional<TokenElements> choices) {
  /** Operands from tensors of any strides. */
  public static RouteOperands of(
      Tensor scores,
      Optional<Tensor> nonPadding,
      TokenUniforms uniform,
      Optional<Tensor> bias,
      Optional<Tensor> choices) {
    return new RouteOperands(
        TokenElements.of(scores),
        nonPadding.map(TokenElements::of),
        uniform,
        bias.map(Tensor::toDoubleArray).orElseGet(() -> new double[0]),
        choices.map(TokenElements::of));
  }

  boolean isReal(int group, int token) {
    return nonPadding.isEmpty() || nonPadding.get().get(group, token) != 0;
  }
}
