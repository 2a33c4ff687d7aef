package io.github.shardsum.lab.train;

import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The translation of the most similar text of the training data: the cosine of sets of character
 * n-grams, each weighted by how rare it is. A baseline.
 */
final class NearestNeighbour implements TranslationPredictor {
  private static final int SHORTEST = 2;
  private static final int LONGEST = 4;

  private final List<String> targets = new ArrayList<>();
  private final Map<String, int[]> places = new HashMap<>();
  private final double[] norms;

  public NearestNeighbour(List<Pair> training) {
    Map<String, List<Integer>> found = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (Pair pair : training) {
      if (!seen.add(pair.source())) {
        continue;
      }
      for (String gram : grams(pair.source(), SHORTEST, LONGEST)) {
        found.computeIfAbsent(gram, _ -> new ArrayList<>()).add(targets.size());
      }
      targets.add(pair.target());
    }
    norms = new double[targets.size()];
    found.forEach(
        (gram, texts) -> {
          int[] all = texts.stream().mapToInt(Integer::intValue).toArray();
          places.put(gram, all);
          double weight = weight(all);
          for (int text : all) {
            norms[text] += weight * weight;
          }
        });
    Arrays.setAll(norms, text -> Math.sqrt(norms[text]));
  }

  private double weight(int... texts) {
    return StrictMath.log(1 + (double) targets.size() / texts.length);
  }

  /** The n-grams of a text between marks of its ends. */
  static Set<String> grams(String text, int shortest, int longest) {
    int[] points = ("\u0002" + text + "\u0003").codePoints().toArray();
    Set<String> grams = new HashSet<>();
    for (int n = shortest; n <= longest; n++) {
      for (int i = 0; i + n <= points.length; i++) {
        grams.add(new String(points, i, n));
      }
    }
    return grams;
  }

  @Override
  public List<String> translate(List<Source> sources) {
    double[] scores = new double[targets.size()];
    return sources.stream().map(source -> nearest(source.text(), scores)).toList();
  }

  private String nearest(String source, double... scores) {
    Arrays.fill(scores, 0);
    for (String gram : grams(source, SHORTEST, LONGEST).stream().sorted().toList()) {
      int[] texts = places.getOrDefault(gram, new int[0]);
      if (texts.length == 0) {
        continue;
      }
      double weight = weight(texts);
      for (int text : texts) {
        scores[text] += weight * weight;
      }
    }
    int best = -1;
    double highest = 0;
    for (int text = 0; text < scores.length; text++) {
      double cosine = scores[text] / norms[text];
      if (cosine > highest) {
        highest = cosine;
        best = text;
      }
    }
    return best < 0 ? source : targets.get(best);
  }
}
