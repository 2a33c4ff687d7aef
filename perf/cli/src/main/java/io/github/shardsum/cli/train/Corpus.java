package io.github.shardsum.cli.train;

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
    Map<Split, Map<String, Item>> found = new LinkedHashMap<>();
    Set<String> sources = new HashSet<>();
    MessageDigest digest = TextHash.sha256();
    for (Split split : Split.values()) {
      found.put(split, new LinkedHashMap<>());
    }
    for (Pair pair : pairs) {
      digest.update(
          (pair.language() + "\t" + pair.source() + "\t" + pair.target() + "\n")
              .getBytes(StandardCharsets.UTF_8));
      Split split = Split.of(pair);
      if (split == Split.TRAINING || (split == Split.NAMES && pair.kind() == Pair.Kind.PHRASE)) {
        continue;
      }
      sources.add(pair.source());
      Map<String, Item> items = found.getOrDefault(split, Map.of());
      items
          .computeIfAbsent(pair.source(), _ -> new Item(pair, new LinkedHashSet<>()))
          .references()
          .add(pair.target());
    }
    List<Pair> training = new ArrayList<>();
    for (Pair pair : pairs) {
      if (Split.of(pair) == Split.TRAINING && !sources.contains(pair.source())) {
        training.add(pair);
      }
    }
    Map<Split, List<Item>> heldBack = new LinkedHashMap<>();
    found.forEach(
        (split, items) -> {
          if (split != Split.TRAINING) {
            heldBack.put(split, sampled(items.values().stream().toList()));
          }
        });
    long checksum = ByteBuffer.wrap(digest.digest()).getLong();
    return new Corpus(List.copyOf(training), heldBack, checksum);
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
    return String.format("%016x", checksum);
  }
}
