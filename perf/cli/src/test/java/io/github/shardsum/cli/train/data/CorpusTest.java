package io.github.shardsum.cli.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.testsupport.TestDepth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  private static List<Pair> pairs = List.of();
  private static Corpus corpus = Corpus.of(List.of());

  @TempDir Path folder;

  /** All there are where there is time; some of several scripts elsewhere. */
  private static List<Locale> languages() {
    List<String> some = List.of("de", "ja", "sw", "fr", "th", "ar", "ru", "hi", "tr", "es");
    return TestDepth.current() == TestDepth.EXHAUSTIVE
        ? JdkNames.languages()
        : some.stream().limit(TestDepth.cases(6, 10, 10)).map(Locale::of).toList();
  }

  @BeforeAll
  static void gather() {
    pairs = JdkPairs.gather(languages(), Workers.sequential(), _ -> {});
    corpus = Corpus.of(pairs);
  }

  /** Letters that two spellings of one name share, by regular expressions. */
  private static String letters(String text) {
    return plain(text).replaceAll("[^\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]", "");
  }

  private static String plain(String text) {
    return Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFKD)
        .replaceAll("[\\u0300-\\u036f]", "");
  }

  private static List<Pair> heldBack(PairSplit split) {
    return corpus.sample(split, Integer.MAX_VALUE).stream().map(Corpus.Item::pair).toList();
  }

  @Test
  void noSourceThatIsHeldBackIsLearntFromInAnySpelling() {
    Set<String> learnt =
        corpus.training().stream()
            .map(pair -> letters(pair.source()))
            .collect(Collectors.toCollection(HashSet::new));
    learnt.remove("");
    for (PairSplit split : PairSplit.HELD_BACK) {
      if (split == PairSplit.SENTENCES) {
        continue;
      }
      List<Corpus.Item> items = corpus.sample(split, Integer.MAX_VALUE);
      assertTrue(items.size() > 20, split + " " + items.size());
      for (Corpus.Item item : items) {
        assertTrue(!learnt.contains(letters(item.pair().source())), item.toString());
        assertTrue(item.references().contains(item.pair().target()));
      }
    }
  }

  @Test
  void whatIsWithheldIsNoTranslationAndInNoPhrase() {
    Set<String> withheld =
        heldBack(PairSplit.WITHHELD).stream()
            .map(pair -> letters(pair.target()))
            .collect(Collectors.toSet());
    Set<String> words =
        heldBack(PairSplit.WITHHELD).stream().map(Pair::target).collect(Collectors.toSet());
    for (Pair pair : corpus.training()) {
      assertTrue(!withheld.contains(letters(pair.target())), pair.toString());
      if (pair.kind().isPhrase()) {
        // Between ends and marks of lists, brackets and blanks.
        for (String part : pair.target().split(", and |, or | and | or |, | \\(|\\)", -1)) {
          assertTrue(!words.contains(part), pair.toString());
        }
      }
    }
  }

  /** Between words, of which each has a blank before and after it; by the first word of a name. */
  @Test
  void noNameThatIsHeldBackStandsInAPhrase() {
    Map<String, Set<String>> names = new HashMap<>();
    for (PairSplit split : List.of(PairSplit.NAMES, PairSplit.WITHHELD)) {
      for (Pair pair : heldBack(split)) {
        String words = blanks(pair.source());
        names.computeIfAbsent(first(words), _ -> new HashSet<>()).add(words);
      }
    }
    for (Pair pair : corpus.training()) {
      for (String rest = blanks(pair.source());
          pair.kind().isPhrase() && rest.length() > 1;
          rest = rest.substring(rest.indexOf(' ', 1))) {
        for (String name : names.getOrDefault(first(rest), Set.of())) {
          assertTrue(!rest.startsWith(name), name + "in " + pair);
        }
      }
    }
  }

  private static String blanks(String text) {
    return " " + plain(text).replaceAll("[^\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]+", " ").strip() + " ";
  }

  private static String first(String words) {
    return words.length() < 2 ? "" : words.substring(1, words.indexOf(' ', 1));
  }

  /** Japanese and Thai have no blanks between words. */
  @Test
  void noNameOfAScriptWithoutBlanksStandsInAPhrase() {
    Predicate<Pair> without = pair -> pair.language().equals("ja") || pair.language().equals("th");
    List<String> names =
        Stream.of(PairSplit.NAMES, PairSplit.WITHHELD)
            .flatMap(split -> heldBack(split).stream())
            .filter(without)
            .map(Pair::source)
            .filter(
                name -> name.matches("[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}]{3,24}"))
            .toList();
    assertTrue(names.size() > 20);
    for (Pair pair : corpus.training()) {
      if (pair.kind().isPhrase() && without.test(pair)) {
        assertTrue(names.stream().noneMatch(pair.source()::contains), pair.toString());
      }
    }
  }

  private static int year(Pair pair) {
    return Integer.parseInt(pair.target().substring(pair.target().length() - 4));
  }

  @Test
  void noDateOfADecadeOrACenturyThatIsHeldBackIsLearnt() {
    Set<Integer> decades =
        heldBack(PairSplit.DECADES).stream()
            .map(pair -> year(pair) / 10)
            .collect(Collectors.toSet());
    assertTrue(decades.size() >= 10, decades.toString());
    assertTrue(heldBack(PairSplit.YEARS).stream().allMatch(pair -> year(pair) >= 2500));
    for (Pair pair : corpus.training()) {
      if (pair.kind() == Pair.Kind.DATE) {
        assertTrue(!decades.contains(year(pair) / 10), pair.toString());
        assertTrue(year(pair) >= 1000 && year(pair) < 2500, pair.toString());
      }
      assertTrue(pair.kind() != Pair.Kind.FAR_DATE, pair.toString());
    }
  }

  @Test
  void noListOfThreeIsLearntWhereTheyAreHeldBackAndNoPairOfLanguageAndRegion() {
    Set<String> languages =
        heldBack(PairSplit.LISTS).stream().map(Pair::language).collect(Collectors.toSet());
    Set<String> regions =
        heldBack(PairSplit.REGIONS).stream().map(Pair::target).collect(Collectors.toSet());
    boolean two = false;
    boolean three = false;
    for (Pair pair : corpus.training()) {
      boolean list = pair.target().contains(", and ") || pair.target().contains(", or ");
      assertTrue(
          !(pair.kind().isPhrase() && list && languages.contains(pair.language())),
          pair.toString());
      two |= pair.kind() == Pair.Kind.LIST_OF_TWO && languages.contains(pair.language());
      three |= pair.kind() == Pair.Kind.LIST_OF_THREE;
      assertTrue(!regions.contains(pair.target()), pair.toString());
    }
    assertTrue(two && three);
  }

  @Test
  void aModelToBeUsedLearnsFromAll() {
    Corpus whole = Corpus.whole(pairs);
    assertEquals(pairs, whole.training());
    assertTrue(whole.sample(PairSplit.NAMES, 1).isEmpty());
    assertNotEquals(corpus.fingerprint(), whole.fingerprint());
  }

  @Test
  void morePairsMoveNone() {
    Map<Pair, PairSplit> before =
        pairs.stream().collect(Collectors.toMap(pair -> pair, PairSplit::of, (x, _) -> x));
    List<Pair> more = new ArrayList<>(pairs);
    more.addFirst(new Pair(Pair.Kind.NAME, "de", "Erfundenland", "Inventia", "country ZZ"));
    assertTrue(more.stream().skip(1).allMatch(pair -> before.get(pair) == PairSplit.of(pair)));
    assertNotEquals(corpus.fingerprint(), Corpus.of(more).fingerprint());
  }

  /** The values of a text's digits, which may be of any script. */
  private static List<Integer> numbers(String text) {
    return text.codePoints()
        .filter(Character::isDigit)
        .mapToObj(Character::getNumericValue)
        .toList();
  }

  @Test
  void phrasesHaveTheNumbersOfTheirTranslations() {
    List<Pair> numbers = pairs.stream().filter(pair -> pair.key().startsWith("NUMBER")).toList();
    assertTrue(numbers.stream().anyMatch(pair -> pair.language().equals("de")));
    for (Pair pair : numbers) {
      assertEquals(numbers(pair.target()), numbers(pair.source()), pair.toString());
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
    assertEquals("Germanic", LanguageFamilies.of("de"));
    assertEquals(LanguageFamilies.OTHER, LanguageFamilies.of("xx"));
    assertTrue(LanguageFamilies.hasOwnScript("ja"));
    assertEquals(Set.copyOf(LanguageFamilies.all()).size(), LanguageFamilies.all().size());
  }
}
