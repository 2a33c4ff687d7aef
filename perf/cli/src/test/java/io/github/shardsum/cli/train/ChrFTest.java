package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
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

  @Test
  void baselinesTranslateWhatTheyHaveSeen() {
    List<Pair> pairs =
        List.of(
            pair("de", "Frankreich", "France"),
            pair("de", "Italien", "Italy"),
            pair("fr", "la France", "France"),
            pair("fr", "Italie", "Italy"),
            pair("de", "Österreich", "Austria"));
    for (Predictor predictor : List.of(new NearestNeighbour(pairs), new LinearClassifier(pairs))) {
      assertEquals(
          List.of("Italy", "France", "Austria"),
          predictor.translate(List.of("Italiens", "Frankreichs", "Österreich")));
    }
    assertEquals(List.of("qqq"), new NearestNeighbour(pairs).translate(List.of("qqq")));
    assertTrue(new LinearClassifier(List.of()).translate(List.of("x")).contains("x"));
  }

  private static Pair pair(String language, String source, String target) {
    return new Pair(Pair.Kind.NAME, language, source, target, "country " + target);
  }
}
