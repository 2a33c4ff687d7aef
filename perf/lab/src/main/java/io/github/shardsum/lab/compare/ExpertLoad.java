package io.github.shardsum.lab.compare;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A distribution of rows over experts. All loads have two rows for each token, so a layer computes
 * the same amount with each load.
 */
enum ExpertLoad {
  /** All experts have the same number of rows. */
  W0("balanced"),
  /** One expert has half of all rows: every token chooses it. */
  W1("one expert has half"),
  /** Every second expert has no rows. */
  W2("half have none"),
  /** Two experts share all rows except one for each other expert. */
  W3("all but two have one row"),
  /** Rows of the i-th expert are in proportion to 1/i. */
  W4("Zipf(1)"),
  /** Every second expert has three times the rows of its neighbour. */
  W5("alternately one and three parts"),
  /** Rows of the i-th expert are in proportion to i. */
  W6("in proportion to 1, 2, 3, ..."),
  /** Two experts have all rows. */
  W7("two experts have all");

  private final String description;

  ExpertLoad(String description) {
    this.description = description;
  }

  /** Rows of each expert; their sum is even, and no expert has more than half. */
  long[] counts(int experts, long rows) {
    if (experts < 4 || rows < 2L * experts) {
      throw new IllegalArgumentException(
          "load: must be of 4 experts and twice as many rows, got " + experts + ", " + rows);
    }
    double others = (rows - (experts - 2)) / 2.0;
    return switch (this) {
      case W0 -> counts(experts, rows, _ -> 1);
      case W1 -> counts(experts, rows, expert -> expert == 0 ? experts - 1 : 1);
      case W2 -> counts(experts, rows, expert -> expert % 2);
      case W3 -> counts(experts, rows, expert -> expert < 2 ? others : 1);
      case W4 -> counts(experts, rows, expert -> 1.0 / (expert + 1));
      case W5 -> counts(experts, rows, expert -> 1 + 2 * (expert % 2));
      case W6 -> counts(experts, rows, expert -> expert + 1);
      case W7 -> counts(experts, rows, expert -> expert < 2 ? 1 : 0);
    };
  }

  /** Rows in proportion to shares. The bounds between experts are rounded, so the sum is exact. */
  private static long[] counts(int experts, long rows, IntToDoubleFunction share) {
    double all = 0;
    for (int expert = 0; expert < experts; expert++) {
      all += share.applyAsDouble(expert);
    }
    long[] counts = new long[experts];
    double sum = 0;
    long before = 0;
    for (int expert = 0; expert < experts; expert++) {
      sum += share.applyAsDouble(expert);
      long end = Math.round(rows * sum / all);
      counts[expert] = end - before;
      before = end;
    }
    return counts;
  }

  /**
   * Two different experts for each token, with tokens in random order.
   *
   * @param counts rows of each expert; none has more than half of all
   * @return the first and the second expert of each token
   */
  static int[][] choices(long[] counts) {
    int rows = Math.toIntExact(Arrays.stream(counts).sum());
    int tokens = rows / 2;
    int[] sorted = new int[rows];
    int at = 0;
    for (int expert = 0; expert < counts.length; expert++) {
      Arrays.fill(sorted, at, at + (int) counts[expert], expert);
      at += (int) counts[expert];
    }
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    int[][] choices = new int[tokens][];
    for (int token = 0; token < tokens; token++) {
      // Two rows at a distance of half of all rows belong to different experts.
      int[] pair = {sorted[token], sorted[token + tokens]};
      int other = random.nextInt(token + 1);
      choices[token] = choices[other];
      choices[other] = pair;
    }
    return choices;
  }

  @Override
  public String toString() {
    return description;
  }
}
