package io.github.shardsum.path;

import java.util.ArrayList;
import java.util.Random;

/** Paths with every choice at random. */
final class RandomPaths {
  private RandomPaths() {}

  static ContractionPath path(int operands, Random random) {
    int[][] steps = new int[operands - 1][];
    for (int k = 0; k < steps.length; k++) {
      steps[k] = distinct(operands - k, 2, random);
    }
    return ContractionPath.ofLinear(operands, steps);
  }

  /** Linear steps of one, two and more positions. */
  static int[][] ragged(int operands, Random random) {
    var steps = new ArrayList<int[]>();
    int left = operands;
    while (left > 1) {
      int count = 1 + random.nextInt(Math.min(4, left));
      steps.add(distinct(left, count, random));
      left -= count - 1;
    }
    return steps.toArray(int[][]::new);
  }

  private static int[] distinct(int bound, int count, Random random) {
    return random.ints(0, bound).distinct().limit(count).toArray();
  }
}
