package io.github.shardsum.cli.train.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ChrFTest {
  private static ChrF of(String text, String... references) {
    ChrF score = new ChrF();
    score.add(text, Set.of(references));
    return score;
  }

  @Test
  void theSameTextScoresOne() {
    ChrF score = of("Congo - Kinshasa", "Congo - Kinshasa", "Zaire");
    assertEquals(1, score.exact());
    assertEquals(1, score.score(), 1e-12);
    assertEquals(1, score.texts());
  }

  /** By hand: of abc and abd two letters of three match, one pair of two, no triple. */
  @Test
  void anExampleByHand() {
    double precision = (2.0 / 3 + 1.0 / 2 + 0) / 3;
    assertEquals(precision, of("abc", "abd").score(), 1e-12);
    assertEquals(0, of("abc", "abd").exact());
  }

  /** By hand: precision 1 and recall of 2/4 letters and 1/3 pairs, recall counting twice. */
  @Test
  void whatIsMissingCountsTwice() {
    double recall = (2.0 / 4 + 1.0 / 3) / 2;
    assertEquals(5 * recall / (4 + recall), of("ab", "abcd").score(), 1e-12);
  }

  @Test
  void nothingScoresNothing() {
    assertEquals(0, of("", "abc").score());
    assertEquals(0, of("xyz", "abc").score());
    assertEquals(0, new ChrF().exact());
    assertEquals(1, of("a b", "ab").score(), 1e-12);
  }
}
