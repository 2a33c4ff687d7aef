package io.github.shardsum.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.corpus.make.CorpusMaker;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.lab.Lab;
import io.github.shardsum.lab.train.BaselinesCommand.ByLanguage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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
    assertTrue(
        lines.getFirst().matches("copy +names .* exact 100.0 %, BLEU +0.0, chrF 100.0"),
        out::toString);
  }

  /** Expectation maximization over dense tables, as in the paper's equations. */
  private static String likeliest(List<Pair> pairs, String word) {
    Map<String, Map<String, Double>> table = new TreeMap<>();
    Set<String> sources = new TreeSet<>(Set.of(""));
    Set<String> targets = new TreeSet<>();
    pairs.forEach(pair -> sources.addAll(List.of(pair.source().split(" ", -1))));
    pairs.forEach(pair -> targets.addAll(List.of(pair.target().split(" ", -1))));
    for (String f : sources) {
      table.put(f, new TreeMap<>());
      targets.forEach(e -> table.get(f).put(e, 1.0));
    }
    for (int round = 0; round < 5; round++) {
      Map<String, Map<String, Double>> counts = new TreeMap<>();
      for (Pair pair : pairs) {
        List<String> from = new ArrayList<>(List.of(pair.source().split(" ", -1)));
        from.add("");
        for (String e : pair.target().split(" ", -1)) {
          double sum = from.stream().mapToDouble(f -> table.get(f).get(e)).sum();
          for (String f : from) {
            counts
                .computeIfAbsent(f, _ -> new TreeMap<>())
                .merge(e, table.get(f).get(e) / sum, Double::sum);
          }
        }
      }
      for (String f : sources) {
        double all = counts.get(f).values().stream().mapToDouble(Double::doubleValue).sum();
        targets.forEach(e -> table.get(f).put(e, counts.get(f).getOrDefault(e, 0.0) / all));
      }
    }
    return targets.stream()
        .max(Comparator.comparingDouble(e -> table.get(word).get(e)))
        .orElseThrow();
  }

  @Test
  void aWordIsTranslatedToItsLikeliestEnglishWord() {
    List<Pair> pairs =
        List.of(
            pair("de", "das haus", "the house"),
            pair("de", "das kleine buch", "the small book"),
            pair("de", "ein buch", "a book"),
            pair("de", "ein kleines haus", "a little house"));
    IbmModel1 model = new IbmModel1(pairs);
    for (String word : List.of("das", "haus", "buch", "ein")) {
      assertEquals(List.of(likeliest(pairs, word)), model.translate(german(word)), word);
    }
    assertEquals(List.of("the house xyz"), model.translate(german("Das Haus xyz")));
  }

  @Test
  void aLanguageIsLearntForItself() {
    List<Pair> pairs = List.of(pair("de", "Gift", "poison"), pair("en-x", "Gift", "present"));
    ByLanguage baseline = new ByLanguage(pairs, NearestNeighbour::new);
    assertEquals(
        List.of("present", "poison", "Gift"),
        baseline.translate(
            List.of(
                new TranslationPredictor.Source("en-x", "Gift"),
                new TranslationPredictor.Source("de", "Gift"),
                new TranslationPredictor.Source("fr", "Gift"))));
  }

  /** Sentences that word by word are exact; a word that is not known stays. */
  @Test
  void baselinesOfACorpusAreScoredByLanguage(@TempDir Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 676; i++) {
      String word = Character.toString('a' + i % 26) + Character.toString('a' + i / 26);
      String source =
          (i % 2 == 0 ? "das " : "ein ") + word + (i / 2 % 2 == 0 ? "y ist " : "y war ");
      String target = (i % 2 == 0 ? "the " : "a ") + word + (i / 2 % 2 == 0 ? "y is " : "y was ");
      text.append("de\t" + source + (i / 4 % 2 == 0 ? "rot" : "neu") + "\t");
      text.append(target + (i / 4 % 2 == 0 ? "red" : "new") + "\n");
    }
    Path sources = Files.createDirectory(folder.resolve("source"));
    Files.writeString(sources.resolve("a.tsv"), text);
    Path corpus = folder.resolve("corpus");
    CorpusMaker.make(CorpusMaker.sources(List.of(sources)), corpus, _ -> {}, () -> {});
    StringWriter out = new StringWriter();
    assertEquals(
        0,
        Lab.commandLine()
            .setOut(new PrintWriter(out, true))
            .execute("baselines", "--corpus", corpus.toString()));
    List<String> lines = out.toString().lines().toList();
    assertTrue(lines.get(2).startsWith("IBM model 1 "), out::toString);
    assertTrue(lines.get(2).contains(" exact 100.0 %, BLEU 100.0, chrF 100.0"), out::toString);
    assertTrue(lines.getLast().startsWith("de "), out::toString);
  }

  private static Pair pair(String language, String source, String target) {
    return new Pair(Pair.Kind.NAME, language, source, target, "country " + target);
  }
}
