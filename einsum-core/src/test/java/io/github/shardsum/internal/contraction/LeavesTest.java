package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree that leaves stand for, as text. */
class LeavesTest {
  /** The sum of the leaves with these numbers: the largest power of two on the left. */
  private static String sum(int[] sizes, int from, int count) {
    if (count == 1) {
      return sizes[from] == 0 ? "" : "" + from;
    }
    int half = Integer.highestOneBit(count - 1);
    String left = sum(sizes, from, half);
    String right = sum(sizes, from + half, count - half);
    return left.isEmpty() || right.isEmpty() ? left + right : "(" + left + "+" + right + ")";
  }

  private static String sum(Leaves leaves, int[] sizes) {
    List<String> waiting = new ArrayList<>();
    int place = 0;
    int end = 0;
    for (int leaf = 0; leaf < leaves.count(); leaf++) {
      while (sizes[place] == 0) {
        place++;
      }
      end += sizes[place];
      assertEquals(end, leaves.end(leaf));
      waiting.add("" + place++);
      for (int i = 0; i < leaves.merges(leaf); i++) {
        String right = waiting.removeLast();
        waiting.add("(" + waiting.removeLast() + "+" + right + ")");
      }
    }
    return String.join(" and ", waiting);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 7, 8, 13, 64, 100})
  void equalLeavesAreATree(int count) {
    int[] sizes = new int[count];
    Arrays.fill(sizes, 5);
    assertEquals(sum(sizes, 0, count), sum(Leaves.of(count, 5), sizes));
  }

  @Test
  void leavesWithoutTermsAreLeftOut() {
    for (int empty = 0; empty < 1 << 7; empty++) {
      int[] sizes = new int[7];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = (empty >> i & 1) == 1 ? 0 : i + 1;
      }
      if (Integer.bitCount(empty) < 6) {
        assertEquals(sum(sizes, 0, 7), sum(Leaves.of(sizes), sizes));
        assertEquals(Arrays.stream(sizes).max().orElse(0), Leaves.of(sizes).longest(28));
      }
    }
    assertEquals(0, Leaves.of(0, 9, 0).count());
    assertEquals(9, Leaves.of(0, 9, 0).longest(9));
  }
}
