package io.github.shardsum.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.lab.Lab;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaselinesTest {
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
        List.of(new NearestNeighbour(pairs), new GramClassifier(pairs, Workers.sequential()))) {
      assertEquals(
          List.of("Italy", "France", "Austria"),
          predictor.translate(german("Italiens", "Frankreichs", "Österreich")));
    }
    assertEquals(List.of("qqq"), new NearestNeighbour(pairs).translate(german("qqq")));
    GramClassifier none = new GramClassifier(List.of(), Workers.sequential());
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

  /** Of names that translate to themselves a copy is exact. */
  @Test
  void eachBaselineIsScoredOnWhatIsHeldBack(@TempDir Path folder) throws IOException {
    String pairs =
        IntStream.range(0, 200)
            .mapToObj(i -> "de\tname" + i + "\tname" + i + "\n")
            .collect(Collectors.joining());
    Path file = Files.writeString(folder.resolve("pairs.tsv"), pairs);
    StringWriter out = new StringWriter();
    assertEquals(
        0,
        Lab.commandLine().setOut(new PrintWriter(out, true)).execute("baselines", file.toString()));
    List<String> lines = out.toString().lines().toList();
    assertEquals(5, lines.size(), out::toString);
    assertTrue(lines.getFirst().matches("copy +names .* exact 100.0 %, chrF 100.0"), out::toString);
  }

  private static Pair pair(String language, String source, String target) {
    return new Pair(Pair.Kind.NAME, language, source, target, "country " + target);
  }
}
