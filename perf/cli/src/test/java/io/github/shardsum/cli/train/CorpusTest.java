package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  private static List<Pair> pairs = List.of();
  private static Corpus corpus = Corpus.of(List.of());

  @TempDir Path folder;

  @BeforeAll
  static void gather() {
    pairs =
        JdkPairs.gather(
            List.of(Locale.of("de"), Locale.of("ja"), Locale.of("sw")),
            Workers.sequential(),
            _ -> {});
    corpus = Corpus.of(pairs);
  }

  private static Set<String> sources(List<Pair> of) {
    return of.stream().map(Pair::source).collect(Collectors.toSet());
  }

  @Test
  void noSourceThatIsHeldBackIsLearntFrom() {
    Set<String> learnt = sources(corpus.training());
    for (Split split : List.of(Split.NAMES, Split.PHRASES, Split.WITHHELD)) {
      List<Corpus.Item> items = corpus.sample(split, Integer.MAX_VALUE);
      assertTrue(items.size() > 20, split + " " + items.size());
      for (Corpus.Item item : items) {
        assertTrue(!learnt.contains(item.pair().source()), item.toString());
        assertTrue(item.references().contains(item.pair().target()));
      }
    }
  }

  @Test
  void noPhraseThatIsHeldBackIsLearntInAnotherLanguage() {
    Set<String> learnt =
        corpus.training().stream()
            .filter(pair -> pair.kind() == Pair.Kind.PHRASE)
            .map(Pair::key)
            .collect(Collectors.toSet());
    for (Corpus.Item item : corpus.sample(Split.PHRASES, Integer.MAX_VALUE)) {
      assertTrue(!learnt.contains(item.pair().key()), item.toString());
    }
  }

  @Test
  void whatIsWithheldHasNoNameInAnyLanguage() {
    Set<String> learnt = corpus.training().stream().map(Pair::key).collect(Collectors.toSet());
    Set<String> parts = sources(corpus.training());
    for (Corpus.Item item : corpus.sample(Split.WITHHELD, Integer.MAX_VALUE)) {
      assertTrue(!learnt.contains(item.pair().key()), item.toString());
      assertTrue(!parts.contains(item.pair().source() + " (Schweiz)"), item.toString());
    }
  }

  @Test
  void aNameThatIsHeldBackIsNoPartOfAPhrase() {
    Set<String> names = new HashSet<>();
    corpus.sample(Split.NAMES, Integer.MAX_VALUE).stream()
        .map(item -> item.pair().source())
        .filter(name -> name.length() > 3)
        .forEach(names::add);
    for (Pair pair : corpus.training()) {
      if (pair.kind() == Pair.Kind.PHRASE && pair.key().startsWith("AND_LIST")) {
        for (String part : pair.source().split(", | und | na |、", -1)) {
          assertTrue(!names.contains(part), pair.toString());
        }
      }
    }
  }

  @Test
  void morePairsMoveNone() {
    Map<Pair, Split> before =
        pairs.stream().collect(Collectors.toMap(pair -> pair, Split::of, (x, _) -> x));
    List<Pair> more = new ArrayList<>(pairs);
    more.addFirst(new Pair(Pair.Kind.NAME, "de", "Erfundenland", "Inventia", "country ZZ"));
    assertTrue(more.stream().skip(1).allMatch(pair -> before.get(pair) == Split.of(pair)));
    assertNotEquals(corpus.fingerprint(), Corpus.of(more).fingerprint());
  }

  @Test
  void phrasesHaveTheNumbersOfTheirTranslations() {
    List<Pair> numbers = pairs.stream().filter(pair -> pair.key().startsWith("NUMBER")).toList();
    assertTrue(numbers.stream().anyMatch(pair -> pair.language().equals("de")));
    for (Pair pair : numbers) {
      assertEquals(
          pair.target().replaceAll("\\D", ""),
          pair.source().replaceAll("\\D", ""),
          pair.toString());
    }
    // Japanese counts in tens of thousands: 22万 is no 224 thousand.
    assertTrue(numbers.stream().noneMatch(pair -> pair.source().contains("万")));
  }

  @Test
  void pairsThatAreKeptAreReadBack() throws IOException {
    Path file = folder.resolve("deep/pairs.tsv.gz");
    JdkPairs.write(file, pairs);
    assertEquals(pairs, JdkPairs.read(file));
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 1000));
    assertThrows(IOException.class, () -> JdkPairs.read(file));
  }

  @Test
  void theCacheIsWhereTheUserHasCaches() {
    Path given = JdkPairs.file(Map.of("XDG_CACHE_HOME", "/var/tmp/c"), "/home/me");
    assertTrue(given.startsWith("/var/tmp/c/shardsum"), given.toString());
    Path own = Path.of("/home/me/.cache/shardsum");
    assertTrue(JdkPairs.file(Map.of(), "/home/me").startsWith(own));
    assertTrue(JdkPairs.file(Map.of("XDG_CACHE_HOME", "c"), "/home/me").startsWith(own));
  }

  @Test
  void aFileOfPairsHasThreeColumns() throws IOException {
    Path file = folder.resolve("pairs.tsv");
    Files.writeString(file, "de\tBrot\tbread\n\nfr\tpain\tbread\nfr\tpain\tbread\n");
    assertEquals(2, PairFile.read(file).size());
    for (String wrong : List.of("de\tBrot\n", "de\tBrot\t \n", "a\tb\tc\td\n", "\n")) {
      Files.writeString(file, wrong);
      assertThrows(IllegalArgumentException.class, () -> PairFile.read(file), wrong);
    }
  }

  @Test
  void everyLanguageHasOneFamily() {
    assertEquals("Germanic", Families.of("de"));
    assertEquals(Families.OTHER, Families.of("xx"));
    assertTrue(Families.hasOwnScript("ja"));
    assertEquals(Set.copyOf(Families.all()).size(), Families.all().size());
  }
}
