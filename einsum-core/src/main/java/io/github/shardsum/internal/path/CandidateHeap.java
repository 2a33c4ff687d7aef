package io.github.shardsum.internal.path;

import java.util.Arrays;

/**
 * A binary heap of pairs of tensors. The lowest score comes first. Among equal scores, the pair
 * with the smallest ids comes first, so the order of insertion does not matter.
 */
public final class CandidateHeap {
  private double[] scores = new double[64];
  private long[] pairs = new long[64];
  private int count;

  public void clear() {
    count = 0;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  public static long pair(int a, int b) {
    return a < b ? (long) a << Integer.SIZE | b : (long) b << Integer.SIZE | a;
  }

  public void push(double score, long pair) {
    if (count == scores.length) {
      scores = Arrays.copyOf(scores, 2 * count);
      pairs = Arrays.copyOf(pairs, 2 * count);
    }
    int hole = count++;
    while (hole > 0) {
      int parent = (hole - 1) >>> 1;
      if (!before(score, pair, parent)) {
        break;
      }
      scores[hole] = scores[parent];
      pairs[hole] = pairs[parent];
      hole = parent;
    }
    scores[hole] = score;
    pairs[hole] = pair;
  }

  public long pop() {
    final long top = pairs[0];
    count--;
    double score = scores[count];
    long pair = pairs[count];
    int hole = 0;
    while (2 * hole + 1 < count) {
      int child = 2 * hole + 1;
      if (child + 1 < count && before(scores[child + 1], pairs[child + 1], child)) {
        child++;
      }
      if (before(score, pair, child)) {
        break;
      }
      scores[hole] = scores[child];
      pairs[hole] = pairs[child];
      hole = child;
    }
    scores[hole] = score;
    pairs[hole] = pair;
    return top;
  }

  private boolean before(double score, long pair, int other) {
    return score < scores[other] || (score == scores[other] && pair < pairs[other]);
  }
}
