package io.github.shardsum.lab.train;

import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A classifier of texts, whose classes are the translations of all training names: the mean of the
 * vectors of the text's character n-grams, then a softmax (Joulin et al., 2016). A baseline.
 */
final class GramClassifier implements TranslationPredictor {
  private static final int LONGEST = 5;
  private static final int WIDTH = 128;
  private static final int EPOCHS = 5;
  private static final int BATCH = 128;

  /**
   * The number of first bits of a spread hash that number a vector; n-grams with the same bits
   * share a vector.
   */
  private static final int BITS = 18;

  private static final int BUCKETS = 1 << BITS;

  private static final float RATE = 0.4f;
  private static final float SMALL = 1e-6f;
  private static final int SPREAD = 0x9E3779B1;
  private static final long SEED = 5;

  private final List<String> targets = new ArrayList<>();
  private final float[] vectors;
  private final float[] weights;
  private final Workers workers;

  /** The n-grams of a text, and its right target. */
  private record Example(int[] grams, int right) {}

  /** Learns from examples. */
  GramClassifier(List<Pair> training, Workers workers) {
    this.workers = workers;
    Map<String, Integer> classes = new HashMap<>();
    List<Pair> names = training.stream().filter(pair -> !pair.kind().isPhrase()).toList();
    for (Pair pair : names) {
      if (classes.putIfAbsent(pair.target(), targets.size()) == null) {
        targets.add(pair.target());
      }
    }
    vectors = new float[targets.isEmpty() ? 0 : BUCKETS * WIDTH];
    weights = new float[targets.size() * WIDTH];
    if (targets.isEmpty()) {
      return;
    }
    Philox random = new Philox(SEED);
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = (float) (2 * random.uniform(i, 0) - 1) / WIDTH;
    }
    List<Example> examples =
        names.stream()
            .map(pair -> new Example(grams(pair.source()), classes.getOrDefault(pair.target(), 0)))
            .toList();
    new Learning(examples).run();
  }

  private static int[] grams(String text) {
    return NearestNeighbour.grams(text, 1, LONGEST).stream()
        .mapToInt(gram -> (gram.hashCode() * SPREAD) >>> (Integer.SIZE - BITS))
        .distinct()
        .sorted()
        .toArray();
  }

  /** Writes the mean of the vectors of a text's n-grams. */
  private void mean(int[] grams, float[] to, int at) {
    Arrays.fill(to, at, at + WIDTH, 0);
    for (int gram : grams) {
      for (int i = 0; i < WIDTH; i++) {
        to[at + i] += vectors[gram * WIDTH + i];
      }
    }
    for (int i = 0; i < WIDTH; i++) {
      to[at + i] /= grams.length;
    }
  }

  private EinsumOptions options() {
    return EinsumOptions.defaults().withWorkers(workers);
  }

  /**
   * Adagrad (Duchi et al., 2011), with one rate for each n-gram's vector and one for each element
   * of the weights.
   */
  private final class Learning {
    private final List<Example> examples;
    private final int classes = targets.size();
    private final float[] means = new float[BATCH * WIDTH];
    private final float[] scores = new float[BATCH * classes];
    private final float[] back = new float[BATCH * WIDTH];
    private final float[] byWeights = new float[classes * WIDTH];
    private final float[] weightSquares = new float[classes * WIDTH];
    private final float[] vectorSquares = new float[BUCKETS];
    private final Tensor meanTensor = Tensor.of(means, BATCH, WIDTH);
    private final Tensor scoreTensor = Tensor.of(scores, BATCH, classes);
    private final Tensor backTensor = Tensor.of(back, BATCH, WIDTH);
    private final Tensor gradient = Tensor.of(byWeights, classes, WIDTH);
    private final Tensor weightTensor = Tensor.of(weights, classes, WIDTH);
    private final Einsum forward =
        Einsum.compile(
            "bd,cd->bc", options(), DType.F32, Shape.of(BATCH, WIDTH), Shape.of(classes, WIDTH));
    private final Einsum toMeans =
        Einsum.compile(
            "bc,cd->bd", options(), DType.F32, Shape.of(BATCH, classes), Shape.of(classes, WIDTH));
    private final Einsum toWeights =
        Einsum.compile(
            "bc,bd->cd", options(), DType.F32, Shape.of(BATCH, classes), Shape.of(BATCH, WIDTH));

    Learning(List<Example> examples) {
      this.examples = examples;
    }

    void run() {
      Philox random = new Philox(SEED);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        long stream = 1L + epoch;
        record Drawn(double number, Example example) {}
        List<Drawn> order = new ArrayList<>();
        for (Example example : examples) {
          order.add(new Drawn(random.uniform(order.size(), stream), example));
        }
        order.sort(Comparator.comparingDouble(Drawn::number));
        for (int from = 0; from < order.size(); from += BATCH) {
          List<Example> batch =
              order.subList(from, Math.min(order.size(), from + BATCH)).stream()
                  .map(Drawn::example)
                  .toList();
          double left = 1 - (epoch + (double) from / order.size()) / EPOCHS;
          step(batch, (float) (RATE * left));
        }
      }
    }

    private void step(List<Example> batch, float rate) {
      workers.run(batch.size(), (i, _) -> mean(batch.get(i).grams(), means, i * WIDTH));
      forward.runInto(scoreTensor, meanTensor, weightTensor);
      workers.run(
          BATCH,
          (i, _) -> {
            if (i < batch.size()) {
              toGradient(i * classes, batch.get(i).right());
            } else {
              Arrays.fill(scores, i * classes, (i + 1) * classes, 0);
            }
          });
      toMeans.runInto(backTensor, scoreTensor, weightTensor);
      toWeights.runInto(gradient, scoreTensor, meanTensor);
      for (int i = 0; i < weights.length; i++) {
        float square = byWeights[i] * byWeights[i];
        weightSquares[i] += square;
        weights[i] -= rate * byWeights[i] / (float) Math.sqrt(weightSquares[i] + SMALL);
      }
      for (int i = 0; i < batch.size(); i++) {
        vectors(batch.get(i).grams(), i * WIDTH, rate);
      }
    }

    /** Turns scores into the softmax minus the one-hot right answer. */
    private void toGradient(int from, int right) {
      float largest = scores[from];
      for (int i = from; i < from + classes; i++) {
        largest = Math.max(largest, scores[i]);
      }
      double sum = 0;
      for (int i = from; i < from + classes; i++) {
        scores[i] = (float) Math.exp(scores[i] - largest);
        sum += scores[i];
      }
      for (int i = from; i < from + classes; i++) {
        scores[i] /= (float) sum;
      }
      scores[from + right] -= 1;
    }

    private void vectors(int[] grams, int from, float rate) {
      float square = 0;
      for (int i = 0; i < WIDTH; i++) {
        square += back[from + i] * back[from + i];
      }
      square /= WIDTH;
      for (int gram : grams) {
        vectorSquares[gram] += square;
        float scale = rate / (float) Math.sqrt(vectorSquares[gram] + SMALL);
        for (int i = 0; i < WIDTH; i++) {
          vectors[gram * WIDTH + i] -= scale * back[from + i];
        }
      }
    }
  }

  @Override
  public List<String> translate(List<Source> sources) {
    float[] mean = new float[WIDTH];
    return sources.stream()
        .map(source -> targets.isEmpty() ? source.text() : targets.get(best(source.text(), mean)))
        .toList();
  }

  private int best(String text, float[] mean) {
    mean(grams(text), mean, 0);
    int best = 0;
    float highest = Float.NEGATIVE_INFINITY;
    for (int target = 0; target < targets.size(); target++) {
      float score = 0;
      for (int i = 0; i < WIDTH; i++) {
        score += mean[i] * weights[target * WIDTH + i];
      }
      if (score > highest) {
        highest = score;
        best = target;
      }
    }
    return best;
  }
}
