package io.github.shardsum.cli.train.data;

import static io.github.shardsum.measure.Texts.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Pairs to learn from and pairs held back.
 *
 * @param training the pairs to learn from; no source of theirs is held back in any spelling
 * @param heldBack held-back pairs in the order of their hashes, so that the first ones are a sample
 * @param checksum the checksum of all pairs, and of whether some are held back
 */
public record Corpus(List<Pair> training, Map<PairSplit, List<Item>> heldBack, long checksum) {
  /**
   * A source that is held back.
   *
   * @param pair one of its pairs
   * @param references all translations that the data has of it
   */
  public record Item(Pair pair, Set<String> references) {}

  /** Holds nothing back, for a model that is used and not measured. */
  public static Corpus whole(List<Pair> pairs) {
    return new Corpus(List.copyOf(pairs), Map.of(), ~checksum(pairs));
  }

  /** Splits pairs. Phrases that contain held-back names are in neither part. */
  public static Corpus of(List<Pair> pairs) {
    Names names = Names.of(pairs);
    Map<PairSplit, Map<String, Item>> found = new LinkedHashMap<>();
    PairSplit.HELD_BACK.forEach(split -> found.put(split, new LinkedHashMap<>()));
    Set<String> spellings = new HashSet<>();
    List<Pair> rest = new ArrayList<>();
    for (Pair pair : pairs) {
      PairSplit split = PairSplit.of(pair);
      if (pair.kind().isPhrase() && names.isIn(pair)) {
        continue;
      }
      if (split == PairSplit.TRAINING) {
        rest.add(pair);
        continue;
      }
      spellings.add(FoldedText.of(pair.source()));
      Objects.requireNonNull(found.get(split))
          .computeIfAbsent(pair.source(), _ -> new Item(pair, new LinkedHashSet<>()))
          .references()
          .add(pair.target());
    }
    List<Pair> training =
        rest.stream().filter(pair -> !spellings.contains(FoldedText.of(pair.source()))).toList();
    Map<PairSplit, List<Item>> heldBack = new LinkedHashMap<>();
    found.forEach((split, items) -> heldBack.put(split, sampled(List.copyOf(items.values()))));
    return new Corpus(training, heldBack, checksum(pairs));
  }

  /**
   * Folded names that are held back.
   *
   * @param sources names in their languages
   * @param english English names of things that are held back in all languages
   */
  private record Names(Set<String> sources, Set<String> english) {
    static Names of(List<Pair> pairs) {
      Names names = new Names(new HashSet<>(), new HashSet<>());
      for (Pair pair : pairs) {
        PairSplit split = PairSplit.of(pair);
        if (pair.kind() == Pair.Kind.NAME && split != PairSplit.TRAINING) {
          names.sources.add(FoldedText.of(pair.source()));
          if (split == PairSplit.WITHHELD) {
            names.english.add(FoldedText.of(pair.target()));
          }
        }
      }
      return names;
    }

    boolean isIn(Pair phrase) {
      return FoldedText.hasPart(phrase.source(), sources::contains)
          || FoldedText.hasPart(phrase.target(), english::contains);
    }
  }

  private static long checksum(List<Pair> pairs) {
    MessageDigest digest = TextHash.sha256();
    for (Pair pair : pairs) {
      digest.update(
          (pair.language() + "\t" + pair.source() + "\t" + pair.target() + "\n")
              .getBytes(StandardCharsets.UTF_8));
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static List<Item> sampled(List<Item> items) {
    record Numbered(long hash, Item item) {}
    return items.stream()
        .map(item -> new Numbered(TextHash.of("sample", item.pair().source()), item))
        .sorted(Comparator.comparingLong(Numbered::hash))
        .map(Numbered::item)
        .toList();
  }

  /** The first held-back pairs of a kind. */
  public List<Item> sample(PairSplit split, int most) {
    List<Item> all = heldBack.getOrDefault(split, List.of());
    return all.subList(0, Math.min(most, all.size()));
  }

  /** Codes of all languages of the pairs. */
  public List<String> languages() {
    return training.stream().map(Pair::language).distinct().sorted().toList();
  }

  /** The checksum in hexadecimal. */
  public String fingerprint() {
    return format("%016x", checksum);
  }
}
