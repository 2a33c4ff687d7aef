package io.github.shardsum.cli.train.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.exec.Workers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
    for (TranslationPredictor predictor :
        List.of(
            new NearestNeighbour(pairs),
            new GramClassifier(pairs, Workers.sequential(), _ -> {}))) {
      assertEquals(
          List.of("Italy", "France", "Austria"),
          predictor.translate(german("Italiens", "Frankreichs", "Österreich")));
    }
    assertEquals(List.of("qqq"), new NearestNeighbour(pairs).translate(german("qqq")));
    GramClassifier none = new GramClassifier(List.of(), Workers.sequential(), _ -> {});
    assertEquals(List.of("x"), none.translate(german("x")));
  }

  private static List<TranslationPredictor.Source> german(String... texts) {
    return Arrays.stream(texts).map(text -> new TranslationPredictor.Source("de", text)).toList();
  }

  private static Pair phrase(Pair.Kind kind, String language, String source, String target) {
    return new Pair(kind, language, source, target, target);
  }

  @Test
  void templatesPutNumbersAndNamesIntoWhatTheyHaveSeen() {
    List<Pair> training =
        List.of(
            pair("de", "Mai", "May"),
            pair("de", "Juni", "June"),
            pair("de", "Italien", "Italy"),
            pair("de", "Frankreich", "France"),
            pair("de", "Neufrankreich", "New France"),
            pair("fr", "Italie", "Italy"),
            phrase(Pair.Kind.DATE, "de", "3. Mai 1912", "May 3, 1912"),
            phrase(Pair.Kind.LIST_OF_TWO, "de", "Italien und Mai", "Italy and May"));
    TemplateBaseline digits = new TemplateBaseline(training, false);
    assertEquals(
        List.of("May 7, 1789", "May 7, 1789", "7. Juni 1789"),
        digits.translate(german("7. Mai 1789", "٠٧. Mai ١٧٨٩", "7. Juni 1789")));
    TemplateBaseline names = new TemplateBaseline(training, true);
    assertEquals(
        List.of("June 7, 1789", "New France and Italy", "Italie und Italy"),
        names.translate(german("7. Juni 1789", "Neufrankreich und Italien", "Italie und Italien")));
    // Of another language the template is known, and the lexicon is not.
    assertEquals(
        List.of("May 7, 1789"),
        digits.translate(List.of(new TranslationPredictor.Source("nl", "7. Mai 1789"))));
  }

  @Test
  void aModelIsRankedBesideTheBestBaselineOfEachKind() {
    Pair right = pair("de", "Italien", "Italy");
    Corpus.Item item = new Corpus.Item(right, Set.of("Italy"));
    Corpus corpus = new Corpus(List.of(), Map.of(PairSplit.NAMES, List.of(item)), 1);
    TranslationEvaluation evaluation =
        new TranslationEvaluation(corpus, Map.of(PairSplit.NAMES, 5, PairSplit.LISTS, 5));
    evaluation.addBaseline("wrong", _ -> List.of("x"));
    evaluation.addBaseline("right", _ -> List.of("Italy"));
    evaluation.add("model", _ -> List.of("y"));
    assertEquals(
        List.of(new TranslationEvaluation.Rank(PairSplit.NAMES, 1, 0, "right", 1)),
        evaluation.ranks("model"));
  }

  private static Pair pair(String language, String source, String target) {
    return new Pair(Pair.Kind.NAME, language, source, target, "country " + target);
  }
}
