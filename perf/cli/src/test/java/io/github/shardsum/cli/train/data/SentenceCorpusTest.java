package io.github.shardsum.cli.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.corpus.make.CorpusMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentenceCorpusTest {
  @TempDir private Path folder;

  /** A word for a number, of letters that no other number of as many digits has in this order. */
  private static String word(int number) {
    StringBuilder word = new StringBuilder();
    Integer.toString(number).chars().forEach(c -> word.append((char) ('a' + 2 * (c - '0'))));
    return word.toString();
  }

  private Corpus corpus(Map<String, Integer> sizes) throws IOException {
    StringBuilder text = new StringBuilder();
    sizes.forEach(
        (language, size) -> {
          for (int i = 0; i < size; i++) {
            String english = word(i) + " " + word(7 * i) + " is " + word(13 * i);
            text.append(language + "\t" + language + english + "\t" + english + "\n");
          }
        });
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.writeString(source.resolve("a.tsv"), text);
    CorpusMaker.make(CorpusMaker.sources(List.of(source)), folder.resolve("c"), _ -> {}, () -> {});
    return SentenceCorpus.read(folder.resolve("c"));
  }

  @Test
  void largeLanguagesAreThinnedAndSmallOnesAreNotTested() throws IOException {
    Corpus corpus = corpus(Map.of("de", 26_000, "fr", 1_000, "sv", 100));
    Map<String, Integer> sizes = new HashMap<>();
    corpus.training().forEach(pair -> sizes.merge(pair.language(), 1, Integer::sum));
    assertTrue(Math.abs(sizes.getOrDefault("de", 0) - 20_000) < 600, sizes::toString);
    assertTrue(sizes.getOrDefault("fr", 0) > 800, sizes::toString);
    assertTrue(sizes.getOrDefault("sv", 0) > 80, sizes::toString);
    List<Corpus.Item> items = corpus.sample(PairSplit.SENTENCES, Integer.MAX_VALUE);
    Set<String> learnt = new HashSet<>();
    corpus.training().forEach(pair -> learnt.add(pair.target()));
    Set<String> tested = new HashSet<>();
    for (Corpus.Item item : items) {
      assertFalse(learnt.contains(item.pair().target()));
      assertTrue(item.references().contains(item.pair().target()));
      tested.add(item.pair().language());
    }
    assertEquals(Set.of("de", "fr"), tested);
    // Languages take turns while both have sentences.
    assertEquals(
        List.of("de", "fr", "de", "fr"),
        items.stream().limit(4).map(item -> item.pair().language()).toList());
  }

  /** The fifth roots of 1, 32 and 243 are 1, 2 and 3. */
  @Test
  void sharesGrowWithTheFifthRoot() {
    assertEquals(
        Map.of("a", 46, "b", 92, "c", 138),
        SamplingShares.of(new TreeMap<>(Map.of("a", 1, "b", 32, "c", 243)), 276));
  }

  @Test
  void anEpochHasTheShareOfEachLanguageAndGoesOnInTheNext() {
    Map<String, Integer> sizes = Map.of("a", 1, "b", 32, "c", 243);
    List<Pair> pairs = new ArrayList<>();
    sizes.forEach(
        (language, size) ->
            IntStream.range(0, size)
                .mapToObj(i -> language + (char) ('A' + i % 26) + (char) ('A' + i / 26))
                .map(text -> new Pair(Pair.Kind.SENTENCE, language, text, "x", "x"))
                .forEach(pairs::add));
    Tokenizer tokenizer = Tokenizer.learn(List.of(), 300, 1);
    TokenizedPairs examples = new TokenizedPairs(pairs, tokenizer, 1);
    assertEquals(276, examples.size());
    Map<Integer, Integer> counts = new HashMap<>();
    Set<List<Integer>> seen = new HashSet<>();
    for (int epoch = 0; epoch < 2; epoch++) {
      for (List<TokenizedPairs.Example> batch : examples.epoch(epoch)) {
        for (TokenizedPairs.Example each : batch) {
          counts.merge(each.source()[0] - Tokenizer.BYTES, 1, Integer::sum);
          seen.add(IntStream.of(each.source()).boxed().toList());
        }
      }
    }
    assertEquals(Map.of((int) 'a', 92, (int) 'b', 184, (int) 'c', 276), counts);
    assertEquals(276, seen.size());
  }
}
