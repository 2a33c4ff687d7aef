package io.github.shardsum.cli.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.shardsum.cli.corpus.data.CorpusManifest;
import io.github.shardsum.cli.corpus.data.CorpusManifest.Language;
import io.github.shardsum.cli.corpus.data.CorpusPair;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Sentences of a folder of {@code corpus make}. Languages that have more pairs than a training of
 * hours would see are thinned, so that all fit in memory.
 */
public final class SentenceCorpus {
  /** Pairs of a language to learn from, about. */
  private static final int MOST = 20_000;

  /** Languages with fewer pairs are learnt and not tested. */
  private static final int FEWEST = 500;

  private static final int TESTED_LANGUAGES = 64;

  /** Words of a sentence that is tested. */
  private static final int SHORTEST = 4;

  private SentenceCorpus() {}

  /**
   * Reads a corpus.
   *
   * @throws IllegalArgumentException if a file is not the one that the manifest describes
   */
  public static Corpus read(Path folder) throws IOException {
    CorpusManifest manifest = CorpusManifest.read(folder);
    List<Pair> training = new ArrayList<>();
    lines(
        folder,
        manifest,
        CorpusManifest.TRAINING,
        each -> {
          if (isKept(each, manifest.languages())) {
            training.add(pair(each));
          }
        });
    List<String> tested = tested(manifest);
    Map<String, Map<String, Corpus.Item>> heldOut = new TreeMap<>();
    lines(
        folder,
        manifest,
        CorpusManifest.HELD_OUT,
        each -> {
          if (tested.contains(each.language())
              && each.english().split(" ", -1).length >= SHORTEST) {
            heldOut
                .computeIfAbsent(each.language(), _ -> new LinkedHashMap<>())
                .computeIfAbsent(
                    each.text(), _ -> new Corpus.Item(pair(each), new LinkedHashSet<>()))
                .references()
                .add(each.english());
          }
        });
    String sums = String.join("", manifest.sha256().values());
    return new Corpus(
        List.copyOf(training),
        Map.of(
            PairSplit.SENTENCES,
            inTurns(heldOut.values().stream().map(each -> sampled(each.values())).toList())),
        TextHash.of("corpus", sums));
  }

  private static Pair pair(CorpusPair line) {
    return new Pair(
        Pair.Kind.SENTENCE, line.language(), line.text(), line.english(), line.english());
  }

  private static boolean isKept(CorpusPair each, SortedMap<String, Language> languages) {
    Language language = languages.get(each.language());
    long pairs = language == null ? 0 : language.training();
    double share = (double) MOST / Math.max(MOST, pairs);
    return TextHash.of("kept", each.language(), each.english(), each.text())
        <= share * Long.MAX_VALUE;
  }

  /** Languages of all sizes, at equal distances in the order of sizes. */
  private static List<String> tested(CorpusManifest manifest) {
    List<String> large =
        manifest.languages().entrySet().stream()
            .filter(each -> each.getValue().training() >= FEWEST)
            .sorted(
                Comparator.comparingLong(
                    (Map.Entry<String, Language> each) -> -each.getValue().training()))
            .map(Map.Entry::getKey)
            .toList();
    int count = Math.min(TESTED_LANGUAGES, large.size());
    List<String> tested = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tested.add(large.get((int) ((long) i * large.size() / count)));
    }
    return tested;
  }

  /** In the order of the hashes of English, so that languages are tested on the same sentences. */
  private static List<Corpus.Item> sampled(Collection<Corpus.Item> items) {
    return items.stream()
        .sorted(
            Comparator.comparingLong(
                item -> TextHash.of("sample", FoldedText.of(item.pair().target()))))
        .toList();
  }

  /** The first of each list, then the second of each, and so on. */
  private static List<Corpus.Item> inTurns(List<List<Corpus.Item>> lists) {
    List<Corpus.Item> items = new ArrayList<>();
    int longest = lists.stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      for (List<Corpus.Item> list : lists) {
        if (i < list.size()) {
          items.add(list.get(i));
        }
      }
    }
    return items;
  }

  private static void lines(
      Path folder, CorpusManifest manifest, String name, Consumer<CorpusPair> sink)
      throws IOException {
    Path file = folder.resolve(name);
    MessageDigest digest = TextHash.sha256();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new DigestInputStream(Files.newInputStream(file), digest), UTF_8.newDecoder()))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        sink.accept(CorpusPair.parse(line));
      }
    } catch (CharacterCodingException | IllegalArgumentException damaged) {
      throw new IllegalArgumentException(
          file + ": must be lines of four columns in UTF-8, got others; make the corpus again",
          damaged);
    }
    String sum = HexFormat.of().formatHex(digest.digest());
    if (!sum.equals(manifest.sha256().get(name))) {
      throw new IllegalArgumentException(
          file + ": must have the SHA-256 of the manifest, got " + sum + "; make the corpus again");
    }
  }
}
