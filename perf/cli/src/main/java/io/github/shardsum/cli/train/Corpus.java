package io.github.shardsum.cli.train;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Pairs to learn from and pairs held back.
 *
 * @param training to learn from; no source of it is held back
 * @param heldBack in an order that their hashes give, so that the first ones are a sample
 * @param checksum of all pairs
 */
record Corpus(List<Pair> training, Map<Split, List<Item>> heldBack, long checksum) {
  /**
   * A source that is held back.
   *
   * @param pair one of its pairs
   * @param references all translations that the data has of it
   */
  record Item(Pair pair, Set<String> references) {}

  /** Splits pairs. */
  static Corpus of(List<Pair> pairs) {
    List<Split> splits = pairs.stream().map(Split::of).toList();
    Map<Split, Map<String, Item>> found = new LinkedHashMap<>();
    Split.HELD_BACK.forEach(split -> found.put(split, new LinkedHashMap<>()));
    for (int i = 0; i < pairs.size(); i++) {
      Pair pair = pairs.get(i);
      Split split = splits.get(i);
      if (split != Split.TRAINING && (split != Split.NAMES || pair.kind() != Pair.Kind.PHRASE)) {
        Objects.requireNonNull(found.get(split))
            .computeIfAbsent(pair.source(), _ -> new Item(pair, new LinkedHashSet<>()))
            .references()
            .add(pair.target());
      }
    }
    List<Pair> training = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      Pair pair = pairs.get(i);
      if (splits.get(i) == Split.TRAINING
          && found.values().stream().noneMatch(items -> items.containsKey(pair.source()))) {
        training.add(pair);
      }
    }
    Map<Split, List<Item>> heldBack = new LinkedHashMap<>();
    found.forEach((split, items) -> heldBack.put(split, sampled(List.copyOf(items.values()))));
    return new Corpus(List.copyOf(training), heldBack, checksum(pairs));
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

  /** The first pairs held back of a kind. */
  List<Item> sample(Split split, int most) {
    List<Item> all = heldBack.getOrDefault(split, List.of());
    return all.subList(0, Math.min(most, all.size()));
  }

  /** Codes of the languages there are. */
  List<String> languages() {
    return training.stream().map(Pair::language).distinct().sorted().toList();
  }

  /** The checksum in hexadecimal. */
  String fingerprint() {
    return String.format(Locale.ROOT, "%016x", checksum);
  }
}
