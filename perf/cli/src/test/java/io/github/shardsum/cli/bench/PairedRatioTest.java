package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairedRatioTest {
  @Test
  void whatSlowsARoundDownSlowsBothAndLeavesTheRatio() {
    double[] ours = {1, 10, 1, 5, 1, 1, 7};
    double[] peer = Arrays.stream(ours).map(seconds -> 2 * seconds).toArray();
    assertEquals(new PairedRatio(2, 2, 2), PairedRatio.of(peer, ours));
  }

  @Test
  void ranksAreThoseOfTheTablesOfTheSignTest() {
    // Conover, Practical Nonparametric Statistics, table A3: n and the rank counted from 1.
    assertEquals(0, PairedRatio.outermost(5));
    assertEquals(1 - 1, PairedRatio.outermost(6));
    assertEquals(2 - 1, PairedRatio.outermost(10));
    assertEquals(4 - 1, PairedRatio.outermost(15));
    assertEquals(6 - 1, PairedRatio.outermost(20));
  }

  @Test
  void theIntervalCoversTheTrueMedianNineteenTimesInTwenty() {
    Random random = new Random(7);
    int tries = 4000;
    int covered = 0;
    for (int attempt = 0; attempt < tries; attempt++) {
      double[] ones = new double[15];
      double[] skewed = new double[15];
      Arrays.fill(ones, 1);
      Arrays.setAll(skewed, _ -> Math.exp(random.nextGaussian()));
      PairedRatio ratio = PairedRatio.of(skewed, ones);
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
      PairedRatio ratio = PairedRatio.of(peer, ours);
      assertTrue(ratio.low() <= ratio.median() && ratio.median() <= ratio.high());
    }
  }

  @Test
  void roundsThatDoNotPairAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> PairedRatio.of(new double[2], new double[3]));
    assertThrows(
        IllegalArgumentException.class, () -> PairedRatio.of(new double[0], new double[0]));
  }

  @Test
  void quantilesLieOnTheLineBetweenNeighbours() {
    double[] sorted = {1, 2, 4};
    assertEquals(1, PairedRatio.quantile(sorted, 0));
    assertEquals(1.5, PairedRatio.quantile(sorted, 0.25));
    assertEquals(2, PairedRatio.quantile(sorted, 0.5));
    assertEquals(4, PairedRatio.quantile(sorted, 1));
  }
}
