package io.github.shardsum.internal.path;

import java.util.Arrays;

/**
 * The cost and the result of the contraction of two tensors. One thread reuses an instance, so a
 * search allocates only for contractions that it keeps.
 */
public final class PairCost {
  private final double[] sizes;
  private final int[] totals;
  private long[] buffer = new long[64];
  private int length;

  /** Elements of the result of the last merge. */
  public double size;

  /**
   * Floating-point operations of the last merge: 2 for each index point if a label is summed, else
   * 1.
   */
  public double flops;

  public PairCost(CompactNetwork problem) {
    sizes = problem.sizes();
    totals = problem.totals();
  }

  /** Merges two sorted lists of legs. The fields hold the results until the next call. */
  public void merge(long[] a, long[] b) {
    if (buffer.length < a.length + b.length) {
      buffer = new long[2 * (a.length + b.length)];
    }
    double kept = 1;
    double summed = 1;
    boolean sums = false;
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      int gap = Integer.compare(CompactNetwork.label(a[i]), CompactNetwork.label(b[j]));
      long leg = gap < 0 ? a[i++] : gap > 0 ? b[j++] : a[i++] + CompactNetwork.count(b[j++]);
      int label = CompactNetwork.label(leg);
      if (gap == 0 && CompactNetwork.count(leg) == totals[label]) {
        summed *= sizes[label];
        sums = true;
      } else {
        kept *= sizes[label];
        buffer[n++] = leg;
      }
    }
    kept *= copyRest(a, i, n);
    n += a.length - i;
    kept *= copyRest(b, j, n);
    length = n + b.length - j;
    size = CompactNetwork.saturated(kept);
    flops = CompactNetwork.saturated(kept * summed * (sums ? 2 : 1));
  }

  /** A copy of the resulting legs of the last merge. */
  public long[] legs() {
    return Arrays.copyOf(buffer, length);
  }

  private double copyRest(long[] legs, int from, int to) {
    double product = 1;
    int n = to;
    for (int k = from; k < legs.length; k++) {
      product *= sizes[CompactNetwork.label(legs[k])];
      buffer[n++] = legs[k];
    }
    return product;
  }
}
