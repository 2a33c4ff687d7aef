package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntervalTest {
  @Test
  void whatSlowsARoundDownSlowsBothAndLeavesTheRatio() {
    double[] ours = {1, 10, 1, 5, 1, 1, 7};
    double[] peer = Arrays.stream(ours).map(seconds -> 2 * seconds).toArray();
    assertEquals(new Interval(2, 2, 2), new PairedTiming(peer, ours).ratio());
  }

  @Test
  void ranksAreThoseOfTheTablesOfTheSignTest() {
    // Conover, Practical Nonparametric Statistics, table A3: n and the rank counted from 1.
    assertEquals(0, Interval.outermost(5));
    assertEquals(1 - 1, Interval.outermost(6));
    assertEquals(2 - 1, Interval.outermost(10));
    assertEquals(4 - 1, Interval.outermost(15));
    assertEquals(6 - 1, Interval.outermost(20));
  }

  @Test
  void theIntervalCoversTheTrueMedianNineteenTimesInTwenty() {
    Random random = new Random(7);
    int tries = 4000;
    int covered = 0;
    for (int attempt = 0; attempt < tries; attempt++) {
      double[] skewed = new double[15];
      Arrays.setAll(skewed, _ -> Math.exp(random.nextGaussian()));
      Interval ratio = Interval.of(skewed);
      covered += ratio.low() <= 1 && 1 <= ratio.high() ? 1 : 0;
    }
    // Ranks 4 and 12 of 15 cover with a probability of 0.9648; five standard deviations are 0.015.
    assertEquals(0.9648, (double) covered / tries, 0.015);
  }

  @Test
  void theMedianLiesInsideItsInterval() {
    Random random = new Random(8);
    for (int rounds = 1; rounds < 40; rounds++) {
      double[] ours = random.doubles(rounds, 1, 2).toArray();
      double[] peer = random.doubles(rounds, 1, 2).toArray();
      Interval ratio = new PairedTiming(peer, ours).ratio();
      assertTrue(ratio.low() <= ratio.median() && ratio.median() <= ratio.high());
    }
  }

  @Test
  void roundsThatDoNotPairAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new PairedTiming(new double[2], new double[3]));
    assertThrows(
        IllegalArgumentException.class, () -> new PairedTiming(new double[0], new double[0]));
  }

  @Test
  void quantilesLieOnTheLineBetweenNeighbours() {
    double[] sorted = {1, 2, 4};
    assertEquals(1, Interval.quantile(sorted, 0));
    assertEquals(1.5, Interval.quantile(sorted, 0.25));
    assertEquals(2, Interval.quantile(sorted, 0.5));
    assertEquals(4, Interval.quantile(sorted, 1));
  }
}
