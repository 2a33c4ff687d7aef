package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Second choices of few tokens, each by its definition. */
final class SecondChoicesTest {
  /** The number of each expert is that of the Gumbel-max rule, and the first choice is left out. */
  @Test
  void aSampleIsTheHighestOfGatesAndGumbelNumbers() {
    int tokens = 200;
    int experts = 5;
    Random random = new Random(13);
    double[] gates = random.doubles((long) tokens * experts, 0.1, 1).toArray();
    double[] uniform = random.doubles((long) tokens * experts).toArray();
    long[] expected = new long[2 * tokens];
    for (int token = 0; token < tokens; token++) {
      int first = 0;
      for (int expert = 1; expert < experts; expert++) {
        first = gates[token * experts + expert] > gates[token * experts + first] ? expert : first;
      }
      int second = -1;
      double best = 0;
      for (int expert = 0; expert < experts; expert++) {
        int at = token * experts + expert;
        double score = StrictMath.log(gates[at]) - StrictMath.log(-StrictMath.log(uniform[at]));
        if (expert != first && (second < 0 || score > best)) {
          second = expert;
          best = score;
        }
      }
      expected[2 * token] = first;
      expected[2 * token + 1] = second;
    }
    RouteInput<Tensor> input =
        RouteInput.gates(Tensor.of(gates, 1, tokens, experts))
            .withUniform(Tensor.of(uniform, 1, tokens, experts));
    RouteOptions options = RouteOptions.parse("top2 second=sample capacity=fixed:200");
    Route route = Route.of(input, options, Randomness.seeded(1), Workers.sequential());
    assertArrayEquals(expected, route.choices().toLongArray());
  }

  /** A gate that equals the threshold is not above it. */
  @ParameterizedTest
  @CsvSource({
    "never, 0.25, 1",
    "never, 0.249, 2",
    "never, 0.251, 1",
    "before, 0.25, 1",
    "before, 0.249, 2",
    "after, 0.25, 1"
  })
  void aThresholdIsToBePassed(String normalize, double threshold, int rows) {
    double[] gates =
        normalize.equals("before") ? new double[] {0.375, 0.125} : new double[] {0.5, 0.25};
    RouteOptions options =
        RouteOptions.parse(
            "top2 capacity=fixed:1 normalize=" + normalize + " second=threshold:" + threshold);
    Route route =
        Route.of(
            RouteInput.gates(Tensor.of(gates, 1, 1, 2)),
            options,
            Randomness.seeded(1),
            Workers.sequential());
    assertEquals(rows, route.routedRows());
  }
}
