package io.github.shardsum.moe;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;

/**
 * The routing of one group.
 *
 * @param softmax the gates
 * @param slots k
 * @param experts {@code [S, k]}: chosen experts, -1 for none
 * @param positions {@code [S, k]}: {@code expert * C + slot}, -1 where the token is not sent
 * @param weights {@code [S, k]}: combine weights
 * @param firstChoices {@code [E]}
 * @param load {@code [E]}
 * @param overflow choices that found their expert full
 */
record RoutedGroup(
    GroupSoftmax softmax,
    int slots,
    int[] experts,
    int[] positions,
    double[] weights,
    int[] firstChoices,
    int[] load,
    long overflow) {

  /**
   * Divides the gates of each token that found a slot by their sum, where that is asked for, and
   * leaves as weights what the dtype can hold. A weight of zero empties its slot: the dispatch mask
   * is where weights are not zero.
   */
  void weigh(GatingOptions options, DType dtype) {
    for (int from = 0; from < positions.length; from += slots) {
      double divisor = divisor(options, from);
      for (int at = from; at < from + slots; at++) {
        double weight = positions[at] < 0 || divisor == 0 ? 0 : gate(at) / divisor;
        boolean zero = roundsToZero(weight, dtype);
        weights[at] = zero ? 0 : weight;
        positions[at] = zero ? -1 : positions[at];
      }
    }
  }

  private double divisor(GatingOptions options, int from) {
    double sum = 0;
    for (int at = from; at < from + slots; at++) {
      boolean counts =
          positions[at] >= 0 || options.normalization() == Normalization.BEFORE_DROPPING;
      sum += counts ? gate(at) : 0;
    }
    return options.normalization() == Normalization.NONE ? 1 : sum + options.normalizationEpsilon();
  }

  private double gate(int at) {
    return experts[at] < 0 ? 0 : softmax.gate(at / slots, experts[at]);
  }

  private static boolean roundsToZero(double weight, DType dtype) {
    return switch (dtype) {
      case F64 -> weight == 0;
      case BF16 -> Bf16.fromDouble(weight) == 0;
      default -> (float) weight == 0;
    };
  }
}
