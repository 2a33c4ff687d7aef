package io.github.shardsum.cli.train.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BleuTest {
  private static double of(String text, String... references) {
    Bleu bleu = new Bleu();
    bleu.add(text, Set.of(references));
    return bleu.score();
  }

  @Test
  void theSameTextScoresOne() {
    assertEquals(1, of("a text of five words", "a text of five words", "other"), 1e-12);
  }

  /** By hand: 5 of 6 words match, 3 of 5 pairs, 2 of 4 triples, 1 of 3 of four words. */
  @Test
  void anExampleByHand() {
    double precisions = 5.0 / 6 * 3 / 5 * 2 / 4 * 1 / 3;
    assertEquals(Math.pow(precisions, 0.25), of("a b c d x f", "a b c d e f"), 1e-12);
  }

  /** By hand: all n-grams match, and the text has 4 words of 6. */
  @Test
  void aShortTextIsPunished() {
    assertEquals(Math.exp(1 - 6.0 / 4), of("a b c d", "a b c d e f"), 1e-12);
  }

  @Test
  void nothingScoresNothing() {
    assertEquals(0, of("", "a b c d"));
    assertEquals(0, of("x y z w", "a b c d"));
    assertEquals(0, new Bleu().score());
  }

  @Test
  void signsAreWordsAndPointsInNumbersAreNot() {
    assertEquals(
        List.of("It", "costs", "1,000.50", "$", ",", "(", "see", "5", "-", "7", ")", "."),
        Bleu.words("It costs 1,000.50$, (see 5-7)."));
  }

  /** Twenty systems, with both scores as sacrebleu 2.6.0 computes them by default, in percent. */
  @Test
  void scoresAreThoseOfSacrebleu() throws IOException {
    int systems = 0;
    for (String system : resource().split("(?m)^= ", -1)) {
      List<String> lines = system.lines().toList();
      if (lines.isEmpty()) {
        continue;
      }
      Bleu bleu = new Bleu();
      ChrF chrF = new ChrF();
      for (String line : lines.subList(1, lines.size())) {
        String[] sides = line.split("\t", -1);
        bleu.add(sides[0], Set.of(sides[1]));
        chrF.add(sides[0], Set.of(sides[1]));
      }
      String[] scores = lines.getFirst().split(" ", -1);
      assertEquals(Double.parseDouble(scores[0]), 100 * bleu.score(), 1e-5, system);
      assertEquals(Double.parseDouble(scores[1]), 100 * chrF.score(), 1e-5, system);
      systems++;
    }
    assertEquals(20, systems);
  }

  private static String resource() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(BleuTest.class.getResourceAsStream("sacrebleu.tsv"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
