package io.github.shardsum.internal.contraction;

import java.util.Arrays;

/**
 * The leaves of a product's terms, each of which is one chain, and the tree that adds them up. Sums
 * are merged like a binary counter: each leaf is followed by as many merges of the last two sums as
 * it completes.
 */
final class Leaves {
  /** One chain of all terms. */
  static final Leaves ONE = new Leaves(new int[0], new int[0]);

  private final int[] ends;
  private final int[] merges;

  private Leaves(int[] ends, int[] merges) {
    this.ends = ends;
    this.merges = merges;
  }

  /** So many leaves of equal length. */
  static Leaves of(int count, int terms) {
    int[] sizes = new int[count];
    Arrays.fill(sizes, terms);
    return of(sizes);
  }

  /**
   * Leaves of the given lengths. One without terms has the sum +0, which changes nothing: it is
   * left out, and the others keep their places in the tree.
   */
  static Leaves of(int... sizes) {
    int[] ends = new int[sizes.length];
    int[] places = new int[sizes.length];
    int count = 0;
    int end = 0;
    for (int place = 0; place < sizes.length; place++) {
      if (sizes[place] > 0) {
        end += sizes[place];
        ends[count] = end;
        places[count++] = place;
      }
    }
    if (count < 2) {
      return ONE;
    }
    int[] merges = new int[count];
    int[] waiting = new int[count];
    int depth = 0;
    for (int leaf = 0; leaf < count; leaf++) {
      waiting[depth++] = places[leaf];
      boolean isLast = leaf == count - 1;
      // The highest bit in which two places differ says where they meet in the tree.
      while (depth > 1
          && (isLast
              || (waiting[depth - 2] ^ waiting[depth - 1])
                  < (waiting[depth - 1] ^ places[leaf + 1]))) {
        depth--;
        merges[leaf]++;
      }
    }
    return new Leaves(Arrays.copyOf(ends, count), merges);
  }

  /** The number of leaves; 0 if all terms are one chain. */
  int count() {
    return ends.length;
  }

  /** The end of a leaf among the terms. */
  int end(int leaf) {
    return ends[leaf];
  }

  /** The number of merges that follow a leaf. */
  int merges(int leaf) {
    return merges[leaf];
  }

  /** Terms of the longest chain, of the given number of terms in all. */
  long longest(long terms) {
    long longest = ends.length == 0 ? terms : 0;
    int from = 0;
    for (int end : ends) {
      longest = Math.max(longest, end - from);
      from = end;
    }
    return longest;
  }
}
