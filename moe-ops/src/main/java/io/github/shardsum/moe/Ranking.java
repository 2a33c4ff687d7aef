package io.github.shardsum.moe;

import java.util.function.IntToDoubleFunction;

/** Stable sorting of indices by a key. */
final class Ranking {
  private Ranking() {}

  /**
   * The indices by descending key, equal keys in the order given; a merge sort from below, because
   * the JDK sorts no int[] by a key without boxing it.
   *
   * @param indices what to sort; not changed
   * @param key no NaN
   * @return a fresh array
   */
  static int[] descending(int[] indices, IntToDoubleFunction key) {
    int[] from = indices.clone();
    int[] to = new int[from.length];
    for (long width = 1; width < from.length; width *= 2) {
      for (long start = 0; start < from.length; start += 2 * width) {
        int middle = (int) Math.min(start + width, from.length);
        int end = (int) Math.min(start + 2 * width, from.length);
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
              || (left < middle && key.applyAsDouble(from[left]) >= key.applyAsDouble(from[right]));
      to[at] = takeLeft ? from[left++] : from[right++];
    }
  }
}
