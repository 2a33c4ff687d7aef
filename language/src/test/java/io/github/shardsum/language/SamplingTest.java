package io.github.shardsum.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplingTest {
  /** The logarithms of 1/2, 1/4, 1/8 and 1/8, out of order. */
  private static final float[] LOGITS = {
    (float) Math.log(0.125), (float) Math.log(0.5), (float) Math.log(0.25), (float) Math.log(0.125)
  };

  private static final int DRAWS = 4000;

  private static int[] counts(Sampling sampling) {
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampling.next(LOGITS, i)]++;
    }
    return counts;
  }

  private static Set<Integer> drawn(Sampling sampling) {
    Set<Integer> drawn = new TreeSet<>();
    for (int i = 0; i < DRAWS; i++) {
      drawn.add(sampling.next(LOGITS, i));
    }
    return drawn;
  }

  @Test
  void theFirstOfTheLargestIsGreedy() {
    assertEquals(1, Sampling.greedy().next(new float[] {0, 2, 2, 1}, 0));
  }

  /** Six deviations of a binomial count. */
  @Test
  void tokensAreDrawnInProportionToTheirProbabilities() {
    int[] counts = counts(Sampling.greedy().withTemperature(1));
    double[] expected = {0.125, 0.5, 0.25, 0.125};
    for (int i = 0; i < expected.length; i++) {
      double bound = 6 * Math.sqrt(DRAWS * expected[i] * (1 - expected[i]));
      assertEquals(DRAWS * expected[i], counts[i], bound);
    }
    int[] sharp = counts(Sampling.greedy().withTemperature(0.5));
    double share = 0.25 / (0.25 + 0.0625 + 2 * 0.015625);
    assertEquals(DRAWS * share, sharp[1], 6 * Math.sqrt(DRAWS * share * (1 - share)));
  }

  @Test
  void candidatesAreLimited() {
    Sampling all = Sampling.greedy().withTemperature(1);
    assertEquals(Set.of(0, 1, 2, 3), drawn(all));
    assertEquals(Set.of(1, 2), drawn(all.withCandidates(2, 1, 0)));
    assertEquals(Set.of(1, 2), drawn(all.withCandidates(0, 0.7, 0)));
    assertEquals(Set.of(1), drawn(all.withCandidates(0, 0.4, 0)));
    assertEquals(Set.of(1, 2), drawn(all.withCandidates(0, 1, 0.4)));
    assertEquals(Set.of(1), drawn(all.withCandidates(1, 1, 0)));
  }

  /** The other logits are minus infinity, so that the draw among all is the draw among the best. */
  @Test
  void theBestOfManyAreThoseOfASort() {
    Random random = new Random(5);
    float[] logits = new float[500];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextInt(-20, 20) / 4f;
    }
    Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> -logits[i]));
    Sampling all = Sampling.greedy().withTemperature(3);
    for (int k : new int[] {2, 7, 60, 249, 251, 499, 500}) {
      float[] best = new float[logits.length];
      Arrays.fill(best, Float.NEGATIVE_INFINITY);
      Arrays.stream(order, 0, k).forEach(i -> best[i] = logits[i]);
      for (int i = 0; i < 100; i++) {
        assertEquals(all.next(best, i), all.withCandidates(k, 1, 0).next(logits, i));
      }
    }
  }

  @Test
  void aSeedGivesTheSameTokens() {
    Sampling one = Sampling.greedy().withTemperature(1).withSeed(7);
    StringBuilder first = new StringBuilder();
    StringBuilder again = new StringBuilder();
    StringBuilder other = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      first.append(one.next(LOGITS, i));
      again.append(one.next(LOGITS, i));
      other.append(one.withSeed(8).next(LOGITS, i));
    }
    assertEquals(first.toString(), again.toString());
    assertEquals(false, first.toString().contentEquals(other));
  }

  @Test
  void wrongNumbersAreRefused() {
    Sampling greedy = Sampling.greedy();
    assertThrows(IllegalArgumentException.class, () -> greedy.withTemperature(-1));
    assertThrows(IllegalArgumentException.class, () -> greedy.withTemperature(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> greedy.withCandidates(-1, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> greedy.withCandidates(0, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> greedy.withCandidates(0, 1, 1.1));
    assertThrows(IllegalArgumentException.class, () -> greedy.withMost(0));
    assertThrows(IllegalArgumentException.class, () -> greedy.next(new float[] {0, Float.NaN}, 0));
  }
}
