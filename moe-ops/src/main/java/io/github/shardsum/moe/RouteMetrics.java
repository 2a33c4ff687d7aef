package io.github.shardsum.moe;

import io.github.shardsum.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Losses and balance of a router's decisions.
 *
 * @param firstChoices {@code [G, E]} of i32: tokens whose first choice is this expert, before
 *     truncation; if experts choose, the tokens that the expert took
 * @param load {@code [G, E]} of i32: slots that choices ask for at each expert, before truncation,
 *     including rejected choices that keep their slots
 * @param placed {@code [G, E]} of i32: tokens that each expert gets, at most C
 * @param meanGates {@code [G, E]} of f64: the m of the auxiliary loss; for sigmoids, the mean of
 *     their shares in the sum of their token's gates
 * @param auxLoss {@code [G]} of f64: the load-balancing loss of each group
 * @param zLoss the mean over all tokens of the squared logsumexp of the logits; absent if gates
 *     were given
 * @param expertsUsed {@code [G, S]} of i32: experts that each token reaches
 * @param tokens real tokens
 * @param tokensDropped real tokens that reach no expert; only a residual carries them
 * @param overflow choices that found their expert full
 */
public record RouteMetrics(
    Tensor firstChoices,
    Tensor load,
    Tensor placed,
    Tensor meanGates,
    Tensor auxLoss,
    OptionalDouble zLoss,
    Tensor expertsUsed,
    long tokens,
    long tokensDropped,
    long overflow) {

  /**
   * The load-balancing loss: mean over groups of {@link #auxLoss()}.
   *
   * @return the loss; 0 if there is no group
   */
  public double meanAuxLoss() {
    double sum = 0;
    for (double loss : auxLoss.toDoubleArray()) {
      sum += loss;
    }
    return auxLoss.size(0) == 0 ? 0 : sum / auxLoss.size(0);
  }

  /**
   * The slots that choices ask for at each expert, over all groups.
   *
   * @return a fresh array of length E
   */
  public long[] loadOfExperts() {
    int experts = Math.toIntExact(load.size(1));
    long[] sums = new long[experts];
    long[] values = load.toLongArray();
    for (int i = 0; i < values.length; i++) {
      sums[i % experts] += values[i];
    }
    return sums;
  }
}
