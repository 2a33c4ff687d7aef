package io.github.shardsum.cli.train.score;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * BLEU (Papineni et al., 2002) of many texts together, as sacrebleu computes it by default: n-grams
 * of 1 to 4 words as of {@code mteval-v13a}, with case, and exponential smoothing.
 */
public final class Bleu {
  private static final int LONGEST = 4;

  /** Signs around which words are split; points and commas only beside what is no digit. */
  private static final Pattern SIGN = Pattern.compile("([{-~\\[-` -&(-+:-@/])");

  private static final Pattern POINT_AFTER = Pattern.compile("([^0-9])([.,])");
  private static final Pattern POINT_BEFORE = Pattern.compile("([.,])([^0-9])");
  private static final Pattern DASH = Pattern.compile("([0-9])(-)");
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private final long[] matches = new long[LONGEST];
  private final long[] given = new long[LONGEST];
  private long length;
  private long referenceLength;

  /** Adds a text; an n-gram counts as often as the reference with most of it has it. */
  void add(String text, Set<String> references) {
    List<String> words = words(text);
    Map<List<String>, Integer> wanted = new HashMap<>();
    int nearest = Integer.MAX_VALUE;
    for (String reference : references) {
      List<String> right = words(reference);
      int difference = Math.abs(right.size() - words.size());
      int best = Math.abs(nearest - words.size());
      boolean nearer =
          nearest == Integer.MAX_VALUE
              || difference < best
              || (difference == best && right.size() < nearest);
      nearest = nearer ? right.size() : nearest;
      grams(right).forEach((gram, count) -> wanted.merge(gram, count, Math::max));
    }
    length += words.size();
    referenceLength += references.isEmpty() ? 0 : nearest;
    grams(words)
        .forEach(
            (gram, count) -> {
              given[gram.size() - 1] += count;
              matches[gram.size() - 1] += Math.min(count, wanted.getOrDefault(gram, 0));
            });
  }

  /** The score in [0, 1]. */
  public double score() {
    if (matches[0] == 0 || given[LONGEST - 1] == 0) {
      return 0;
    }
    double logarithms = 0;
    double smoothing = 1;
    for (int n = 0; n < LONGEST; n++) {
      smoothing *= matches[n] == 0 ? 2 : 1;
      double precision =
          matches[n] == 0 ? 1 / (smoothing * given[n]) : (double) matches[n] / given[n];
      logarithms += Math.log(precision) / LONGEST;
    }
    return Math.exp(logarithms + Math.min(0, 1 - (double) referenceLength / length));
  }

  private static Map<List<String>, Integer> grams(List<String> words) {
    Map<List<String>, Integer> grams = new HashMap<>();
    for (int n = 1; n <= LONGEST; n++) {
      for (int i = 0; i + n <= words.size(); i++) {
        grams.merge(words.subList(i, i + n), 1, Integer::sum);
      }
    }
    return grams;
  }

  static List<String> words(String text) {
    String plain =
        text.replace("<skipped>", "")
            .replace("-\n", "")
            .replace("\n", " ")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
    String split = SIGN.matcher(" " + plain + " ").replaceAll(" $1 ");
    split = POINT_AFTER.matcher(split).replaceAll("$1 $2 ");
    split = POINT_BEFORE.matcher(split).replaceAll(" $1 $2");
    split = DASH.matcher(split).replaceAll("$1 $2 ");
    List<String> words = new ArrayList<>(List.of(BLANKS.split(split)));
    words.removeIf(String::isEmpty);
    return words;
  }
}
