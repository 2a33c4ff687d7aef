package io.github.shardsum.cli.corpus.make;

import io.github.shardsum.cli.corpus.data.CorpusManifest.Language;
import io.github.shardsum.cli.corpus.data.CorpusManifest.Source;
import io.github.shardsum.cli.corpus.data.CorpusPair;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The counts of a corpus while it is made. */
final class CorpusCounts {
  private static final String FILES = "files";
  private static final String DAMAGED = "damaged";
  private static final String TRAINING = "training";
  private static final String HELD_OUT = "held out";
  private static final String ENGLISH_WORDS = "words of English";
  private static final String WORDS = "words";

  private final Map<String, Map<String, Long>> sources = new HashMap<>();
  private final Map<String, Map<String, Long>> languages = new HashMap<>();
  private final Map<String, Map<String, Long>> dropped = new HashMap<>();

  private static void add(
      Map<String, Map<String, Long>> counts, String of, String what, long more) {
    counts.computeIfAbsent(of, _ -> new HashMap<>()).merge(what, more, Long::sum);
  }

  void file(String source, boolean damaged) {
    add(sources, source, FILES, 1);
    add(sources, source, DAMAGED, damaged ? 1 : 0);
  }

  void dropped(String source, String reason) {
    add(dropped, source, reason, 1);
  }

  void kept(CorpusPair pair, boolean heldOut) {
    String split = heldOut ? HELD_OUT : TRAINING;
    add(sources, pair.source(), split, 1);
    add(languages, pair.language(), split, 1);
    add(languages, pair.language(), ENGLISH_WORDS, CleaningRule.words(pair.english()));
    add(languages, pair.language(), WORDS, CleaningRule.words(pair.text()));
  }

  SortedMap<String, Language> languages() {
    SortedMap<String, Language> all = new TreeMap<>();
    languages.forEach(
        (tag, counts) ->
            all.put(
                tag,
                new Language(
                    counts.getOrDefault(TRAINING, 0L),
                    counts.getOrDefault(HELD_OUT, 0L),
                    counts.getOrDefault(ENGLISH_WORDS, 0L),
                    counts.getOrDefault(WORDS, 0L))));
    return all;
  }

  Source source(String name, SourceLicences licences) {
    Map<String, Long> counts = sources.getOrDefault(name, Map.of());
    return new Source(
        counts.getOrDefault(FILES, 0L),
        counts.getOrDefault(DAMAGED, 0L),
        counts.getOrDefault(TRAINING, 0L),
        counts.getOrDefault(HELD_OUT, 0L),
        new TreeMap<>(dropped.getOrDefault(name, Map.of())),
        licences.names(),
        licences.file());
  }
}
