package io.github.shardsum.moe;

import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/**
 * Scores of all groups, read one by one.
 *
 * @param scores {@code [G, S, E]} of f32, f64 or bf16
 * @param nonPadding {@code [G, S]} of any dtype, not zero where the token is real
 */
record RouterScores(Tensor scores, Optional<Tensor> nonPadding) {

  boolean isReal(int group, int token) {
    if (nonPadding.isEmpty()) {
      return true;
    }
    Tensor mask = nonPadding.get();
    long at = mask.offset() + group * mask.stride(0) + token * mask.stride(1);
    return MoeElements.get(mask, at) != 0;
  }

  /** Copies the scores of a token. */
  void read(int group, int token, double[] to, int from) {
    long at = scores.offset() + group * scores.stride(0) + token * scores.stride(1);
    int experts = Math.toIntExact(scores.size(2));
    for (int expert = 0; expert < experts; expert++) {
      to[from + expert] = MoeElements.get(scores, at + expert * scores.stride(2));
    }
  }
}
