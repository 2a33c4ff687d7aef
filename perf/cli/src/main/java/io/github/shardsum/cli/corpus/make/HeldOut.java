package io.github.shardsum.cli.corpus.make;

import io.github.shardsum.cli.train.data.FoldedText;
import io.github.shardsum.cli.train.data.TextHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The English sentences that are held out in all languages, one in twenty-five by the hash of the
 * folded sentence alone; and the search for sentences that are nearly one of them.
 */
final class HeldOut {
  private static final int SHARE = 25;
  private static final int GRAM = 4;

  /** Sentences are alike if four fifths of the 4-grams of both together are common. */
  private static final int ALIKE = 4;

  private static final int ALL = 5;

  private final List<long[]> sentences = new ArrayList<>();
  private final Map<Long, List<Integer>> places = new HashMap<>();
  private final Fingerprints seen = new Fingerprints();

  /** An English sentence without case, accents, digits, punctuation and placeholders. */
  static String folded(String english) {
    return String.join(
        " ",
        FoldedText.words(english).stream()
            .map(word -> word.replaceAll("\\p{N}", ""))
            .filter(word -> !word.isEmpty())
            .toList());
  }

  static boolean isHeldOut(String folded) {
    return TextHash.of("corpus", folded) % SHARE == 0;
  }

  void add(String folded) {
    if (!seen.add(TextHash.of(folded))) {
      return;
    }
    long[] grams = grams(folded);
    for (long gram : grams) {
      places.computeIfAbsent(gram, _ -> new ArrayList<>()).add(sentences.size());
    }
    sentences.add(grams);
  }

  /**
   * Whether the sentence is alike a held-out one. Such a sentence lacks at most a fifth of these
   * 4-grams, so it has one of any more of them; the rarest are looked up.
   */
  boolean isNear(String folded) {
    long[] grams = grams(folded);
    int most = (ALL - ALIKE) * grams.length / ALL + 1;
    return Arrays.stream(grams)
        .mapToObj(gram -> places.getOrDefault(gram, List.of()))
        .sorted(Comparator.comparingInt(List::size))
        .limit(most)
        .flatMap(List::stream)
        .distinct()
        .anyMatch(sentence -> isAlike(grams, sentences.get(sentence)));
  }

  private static boolean isAlike(long[] some, long[] others) {
    int common = 0;
    for (int i = 0, j = 0; i < some.length && j < others.length; ) {
      int order = Long.compare(some[i], others[j]);
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return ALL * common >= ALIKE * (some.length + others.length - common);
  }

  /** The distinct runs of four characters between marks of the ends, each in the bits of a long. */
  private static long[] grams(String folded) {
    String text = "\u0002" + folded + "\u0003";
    long[] grams = new long[Math.max(1, text.length() - GRAM + 1)];
    for (int i = 0; i < grams.length; i++) {
      for (int k = i; k < Math.min(text.length(), i + GRAM); k++) {
        grams[i] = grams[i] << Character.SIZE | text.charAt(k);
      }
    }
    return Arrays.stream(grams).sorted().distinct().toArray();
  }
}
