package io.github.shardsum.moe;

import java.util.function.IntToDoubleFunction;

/** Stable sorting of indices by a key. */
final class Ranking {
  private Ranking() {}

  /**
   * Sorts indices by descending key, NaN first, equal keys in the order given; a merge sort from
   * below, because the JDK sorts no int[] by a key without boxing it.
   *
   * @param indices what to sort, overwritten
   * @param spare another array, overwritten
   * @param count how many indices
   * @param key the key of an index
   * @return the array that holds the sorted indices, one of the two
   */
  static int[] descending(int[] indices, int[] spare, int count, IntToDoubleFunction key) {
    int[] from = indices;
    int[] to = spare;
    for (long width = 1; width < count; width *= 2) {
      for (long start = 0; start < count; start += 2 * width) {
        int middle = (int) Math.min(start + width, count);
        int end = (int) Math.min(start + 2 * width, count);
        merge(from, to, (int) start, middle, end, key);
      }
      int[] sorted = to;
      to = from;
      from = sorted;
    }
    return from;
  }

  private static void merge(
      int[] from, int[] to, int start, int middle, int end, IntToDoubleFunction key) {
    int left = start;
    int right = middle;
    for (int at = start; at < end; at++) {
      boolean takeLeft =
          right >= end
              || (left < middle
                  && !isBefore(key.applyAsDouble(from[right]), key.applyAsDouble(from[left])));
      to[at] = takeLeft ? from[left++] : from[right++];
    }
  }

  private static boolean isBefore(double x, double y) {
    return x > y || (Double.isNaN(x) && !Double.isNaN(y));
  }
}
