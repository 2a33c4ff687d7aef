package io.github.shardsum.cli.train.score;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The character n-gram F-score chrF2 (Popovic, 2015) of many texts together, and how many of the
 * texts are exact. N-grams are of 1 to 6 characters without blanks, and recall counts twice as much
 * as precision.
 */
public final class ChrF {
  private static final int LONGEST = 6;
  private static final double BETA = 2;

  private final long[] matches = new long[LONGEST];
  private final long[] given = new long[LONGEST];
  private final long[] wanted = new long[LONGEST];
  private int texts;
  private int exact;

  /** Adds a text, scored against its most similar reference. */
  void add(String text, Set<String> references) {
    texts++;
    exact += references.contains(text) ? 1 : 0;
    Counts best = null;
    for (String reference : references) {
      Counts counts = Counts.of(text, reference);
      if (best == null || counts.score() > best.score()) {
        best = counts;
      }
    }
    if (best != null) {
      for (int n = 0; n < LONGEST; n++) {
        matches[n] += best.matches[n];
        given[n] += best.given[n];
        wanted[n] += best.wanted[n];
      }
    }
  }

  /** The number of texts. */
  public int texts() {
    return texts;
  }

  /** The share of texts that equal a reference; 0 of none. */
  public double exact() {
    return texts == 0 ? 0 : (double) exact / texts;
  }

  /** The score in [0, 1]. */
  public double score() {
    return score(matches, given, wanted);
  }

  private static double score(long[] matches, long[] given, long[] wanted) {
    double precision = 0;
    double recall = 0;
    int orders = 0;
    for (int n = 0; n < LONGEST; n++) {
      if (given[n] > 0 && wanted[n] > 0) {
        precision += (double) matches[n] / given[n];
        recall += (double) matches[n] / wanted[n];
        orders++;
      }
    }
    double weighted = BETA * BETA * precision + recall;
    return orders == 0 || weighted == 0
        ? 0
        : (1 + BETA * BETA) * precision * recall / weighted / orders;
  }

  /** Counts of n-grams of one text and one reference. */
  private record Counts(long[] matches, long[] given, long[] wanted) {
    static Counts of(String text, String reference) {
      Counts counts = new Counts(new long[LONGEST], new long[LONGEST], new long[LONGEST]);
      int[] points = points(text);
      int[] right = points(reference);
      for (int n = 1; n <= LONGEST; n++) {
        Map<String, Integer> wanted = grams(right, n);
        Map<String, Integer> given = grams(points, n);
        // As in sacrebleu, n-grams do not count against a reference that is too short to have any.
        counts.given[n - 1] = wanted.isEmpty() ? 0 : Math.max(0, points.length - n + 1);
        counts.wanted[n - 1] = Math.max(0, right.length - n + 1);
        for (Map.Entry<String, Integer> gram : given.entrySet()) {
          counts.matches[n - 1] += Math.min(gram.getValue(), wanted.getOrDefault(gram.getKey(), 0));
        }
      }
      return counts;
    }

    double score() {
      return ChrF.score(matches, given, wanted);
    }

    private static int[] points(String text) {
      return text.codePoints().filter(point -> !Character.isWhitespace(point)).toArray();
    }

    private static Map<String, Integer> grams(int[] points, int n) {
      Map<String, Integer> grams = new HashMap<>();
      for (int i = 0; i + n <= points.length; i++) {
        grams.merge(new String(points, i, n), 1, Integer::sum);
      }
      return grams;
    }
  }
}
