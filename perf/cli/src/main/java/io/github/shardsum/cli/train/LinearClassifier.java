package io.github.shardsum.cli.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A linear classifier of the character n-grams of a text over all translations of the training
 * data's names: an averaged perceptron (Freund and Schapire, 1999) over hashed n-grams. A baseline.
 */
final class LinearClassifier implements Predictor {
  private static final int LONGEST = 4;
  private static final int EPOCHS = 4;

  /** Texts to learn from at most, in the order of their hashes. */
  private static final int MOST = 60_000;

  /** N-grams share this many rows of weights. */
  private static final int ROWS = 1 << 14;

  private final List<String> targets = new ArrayList<>();
  private final float[][] weights;

  LinearClassifier(List<Pair> training) {
    Map<String, Integer> classes = new HashMap<>();
    List<Pair> pairs =
        training.stream()
            .filter(pair -> pair.kind() != Pair.Kind.PHRASE)
            .sorted(
                Comparator.comparingLong(
                    pair -> TextHash.of("classifier", pair.source(), pair.target())))
            .limit(MOST)
            .toList();
    for (Pair pair : pairs) {
      if (classes.putIfAbsent(pair.target(), targets.size()) == null) {
        targets.add(pair.target());
      }
    }
    weights = new float[ROWS][targets.size()];
    learn(
        pairs.stream().map(pair -> features(pair.source())).toArray(int[][]::new),
        pairs.stream().mapToInt(pair -> classes.getOrDefault(pair.target(), 0)).toArray());
  }

  /** Makes weights of which each text's features give its right target, as far as they can. */
  private void learn(int[][] features, int... right) {
    // Of each weight the sum over steps of what it was, by the step at which it changed.
    float[][] late = new float[ROWS][targets.size()];
    float[] scores = new float[targets.size()];
    int step = 0;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      for (int text = 0; text < right.length; text++) {
        step++;
        int guess = best(features[text], scores);
        if (guess != right[text]) {
          for (int row : features[text]) {
            weights[row][right[text]] += 1;
            weights[row][guess] -= 1;
            late[row][right[text]] += step;
            late[row][guess] -= step;
          }
        }
      }
    }
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < scores.length; i++) {
        weights[row][i] -= late[row][i] / (step + 1);
      }
    }
  }

  private static int[] features(String text) {
    return NearestNeighbour.grams(text, 1, LONGEST).stream()
        .mapToInt(gram -> Math.floorMod((gram.hashCode() * 0x9E3779B1) >>> 7, ROWS))
        .distinct()
        .sorted()
        .toArray();
  }

  private int best(int[] features, float... scores) {
    Arrays.fill(scores, 0);
    for (int row : features) {
      float[] of = weights[row];
      for (int i = 0; i < scores.length; i++) {
        scores[i] += of[i];
      }
    }
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public List<String> translate(List<String> sources) {
    float[] scores = new float[targets.size()];
    return sources.stream()
        .map(source -> targets.isEmpty() ? source : targets.get(best(features(source), scores)))
        .toList();
  }
}
