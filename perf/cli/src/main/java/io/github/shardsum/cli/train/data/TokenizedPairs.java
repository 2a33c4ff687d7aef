package io.github.shardsum.cli.train.data;

import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Pairs as tokens, in batches of similar length. The order of an epoch depends only on the seed and
 * on the epoch's number, so the order need not be saved.
 */
public final class TokenizedPairs {
  /**
   * The number of groups into which a batch is routed. It divides the size of every batch, so one
   * number serves all.
   */
  public static final int GROUPS = 8;

  /**
   * Shapes of batches of similar work; a pair goes to the first shape that it fits in. Each costs a
   * compiled program. With the pairs of the JDK, a fifth of the work is padding.
   */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(112, 8, 4),
          new Shape(80, 10, 6),
          new Shape(64, 16, 6),
          new Shape(56, 14, 8),
          new Shape(48, 20, 10),
          new Shape(48, 16, 12),
          new Shape(40, 24, 12),
          new Shape(32, 32, 12),
          new Shape(24, 40, 16),
          new Shape(24, 48, 20),
          new Shape(16, 64, 32));

  /**
   * With fewer pairs than this a batch has about a quarter of its shape's sentences, so that an
   * epoch still has several batches.
   */
  private static final int FEW = 4096;

  private static final int PART = 4;

  /**
   * Names in an epoch for each phrase; the number is small because phrases take longer to learn.
   */
  private static final int NAMES_A_PHRASE = 1;

  private final List<Example> names = new ArrayList<>();
  private final List<Example> phrases = new ArrayList<>();

  /** Sentences of a corpus, by language. */
  private final SortedMap<String, List<Example>> sentences = new TreeMap<>();

  private final long seed;

  /** Sentences, source and target tokens of a batch. */
  record Shape(int sentences, int source, int target) {
    private Shape part() {
      return new Shape(Math.ceilDiv(sentences, PART * GROUPS) * GROUPS, source, target);
    }
  }

  /** A pair as tokens of source and target; each ends with the end token. */
  public record Example(int[] source, int[] target, Shape shape) {}

  /** The examples of pairs; pairs that are too long for every shape are left out. */
  public TokenizedPairs(List<Pair> pairs, Tokenizer tokenizer, long seed) {
    this.seed = seed;
    List<Shape> shapes = pairs.size() < FEW ? SHAPES.stream().map(Shape::part).toList() : SHAPES;
    for (Pair pair : pairs) {
      int[] source = ended(tokenizer.encodeSource(pair.source()));
      int[] target = ended(tokenizer.encode(pair.target()));
      for (Shape shape : shapes) {
        if (source.length <= shape.source() && target.length <= shape.target()) {
          group(pair).add(new Example(source, target, shape));
          break;
        }
      }
    }
  }

  private List<Example> group(Pair pair) {
    return pair.kind() == Pair.Kind.SENTENCE
        ? sentences.computeIfAbsent(pair.language(), _ -> new ArrayList<>())
        : pair.kind().isPhrase() ? phrases : names;
  }

  public static int[] ended(int... tokens) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = TransformerSpec.END;
    return longer;
  }

  /** The number of examples. */
  public int size() {
    return names.size() + phrases.size() + sentences.values().stream().mapToInt(List::size).sum();
  }

  /** The length of the longest source or target, for which a model must have positions. */
  public static int positions() {
    return SHAPES.stream().mapToInt(Shape::source).max().orElseThrow();
  }

  /** The batches of an epoch, in order. */
  public List<List<Example>> epoch(long number) {
    List<Example> chosen = new ArrayList<>(names);
    int share =
        names.isEmpty()
            ? phrases.size()
            : Math.min(phrases.size(), Math.max(1, names.size() / NAMES_A_PHRASE));
    choose(phrases, share, number, chosen);
    SortedMap<String, Integer> sizes = new TreeMap<>();
    sentences.forEach((language, examples) -> sizes.put(language, examples.size()));
    SortedMap<String, Integer> shares = SamplingShares.of(sizes, size());
    sentences.forEach(
        (language, examples) -> choose(examples, shares.getOrDefault(language, 0), number, chosen));
    shuffle(chosen, 2 * number + 1);
    Map<Shape, List<Example>> open = new LinkedHashMap<>();
    List<List<Example>> batches = new ArrayList<>();
    for (Example example : chosen) {
      List<Example> batch = open.computeIfAbsent(example.shape(), _ -> new ArrayList<>());
      batch.add(example);
      if (batch.size() == example.shape().sentences()) {
        batches.add(List.copyOf(batch));
        batch.clear();
      }
    }
    open.values().stream()
        .filter(batch -> !batch.isEmpty())
        .map(List::copyOf)
        .forEach(batches::add);
    shuffle(batches, 2 * number + 2);
    return batches;
  }

  /** Adds the examples of an epoch, which go on where the epoch before ended. */
  private void choose(List<Example> from, long share, long number, List<Example> chosen) {
    List<Example> order = new ArrayList<>(from);
    shuffle(order, 0);
    for (int i = 0; i < share; i++) {
      chosen.add(order.get((int) ((number * share + i) % order.size())));
    }
  }

  private void shuffle(List<?> list, long stream) {
    Philox random = new Philox(seed);
    for (int i = list.size() - 1; i > 0; i--) {
      Collections.swap(list, i, (int) (random.uniform(i, stream) * (i + 1)));
    }
  }

  /** The tensors of a batch; missing rows are padding. */
  public static Training.Batch tensors(List<Example> batch) {
    Shape shape = batch.getFirst().shape();
    int[] source = new int[shape.sentences() * shape.source()];
    int[] target = new int[shape.sentences() * shape.target()];
    int[] next = new int[shape.sentences() * shape.target()];
    for (int i = 0; i < batch.size(); i++) {
      Example example = batch.get(i);
      System.arraycopy(example.source(), 0, source, i * shape.source(), example.source().length);
      int at = i * shape.target();
      System.arraycopy(example.target(), 0, next, at, example.target().length);
      target[at] = TransformerSpec.BEGIN;
      System.arraycopy(example.target(), 0, target, at + 1, example.target().length - 1);
    }
    return new Training.Batch(
        Tensor.of(source, shape.sentences(), shape.source()),
        Tensor.of(target, shape.sentences(), shape.target()),
        Tensor.of(next, shape.sentences(), shape.target()));
  }

  /** Batches of the examples by shape; within a shape names, phrases and sentences, in order. */
  public List<Training.Batch> batches() {
    List<Example> all = new ArrayList<>(names);
    all.addAll(phrases);
    sentences.values().forEach(all::addAll);
    Map<Shape, List<Example>> open = new LinkedHashMap<>();
    all.forEach(each -> open.computeIfAbsent(each.shape(), _ -> new ArrayList<>()).add(each));
    List<Training.Batch> batches = new ArrayList<>();
    open.forEach(
        (shape, examples) -> {
          for (int from = 0; from < examples.size(); from += shape.sentences()) {
            batches.add(
                tensors(
                    examples.subList(from, Math.min(examples.size(), from + shape.sentences()))));
          }
        });
    return batches;
  }
}
