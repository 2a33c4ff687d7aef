package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class PaperGatingTest {
  /**
   * The first token's second choice is rejected, and still the second token finds expert 2 full.
   */
  @Test
  void aRejectedSecondChoiceKeepsItsSlot() {
    double[][] logits = {{3, 0, 1, -1}, {3, 0, 1, -1}, {0, 3, 1, -1}, {-1, 0, 1, 3}};
    double[] uniform = {0.95, 0.01, 0.02, 0.03};
    PaperGating gating = PaperGating.route(logits, 1, s -> uniform[s]);
    assertArrayEquals(new int[][] {{0, -1}, {-1, -1}, {1, -1}, {3, -1}}, gating.experts);
    assertArrayEquals(new double[] {0.8807970779778824, 0}, gating.weights[0], 1e-12);
  }
}
