package io.github.shardsum.cli.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.model.Decoding;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A trained model that translates texts. */
final class Translator implements TranslationPredictor, AutoCloseable {
  /** The longest translation in tokens: that of the longest training example. */
  private static final int MOST = 32;

  /** The default number of hypotheses. */
  static final int BEAM = 4;

  private final Tokenizer tokenizer;
  private final Map<String, Tensor> parameters;
  private final TransformerSpec spec;
  private final Decoding decoding;

  /**
   * A translator of a fixed number of texts at a time. Experts take all tokens, without the slots
   * of training, so a translation does not depend on the other texts.
   */
  Translator(
      TransformerSpec spec,
      Tokenizer tokenizer,
      Map<String, Tensor> parameters,
      Backend backend,
      int batch,
      int hypotheses) {
    this.spec = spec.withRoute(spec.route().toBuilder().capacity(Capacity.largestLoad()).build());
    this.tokenizer = tokenizer;
    this.parameters = parameters;
    int most = Math.min(MOST, spec.positions());
    this.decoding = new Decoding(this.spec, backend, batch, hypotheses, most);
  }

  /** The translator of a checkpoint. */
  static Translator of(
      CheckpointFolder.Checkpoint checkpoint, Backend backend, int batch, int hypotheses) {
    return new Translator(
        checkpoint.model(),
        checkpoint.tokenizer(),
        Trainer.averages(checkpoint.tensors()),
        backend,
        batch,
        hypotheses);
  }

  /**
   * A translation.
   *
   * @param text the text, one line
   * @param score the natural logarithm of its probability
   */
  record Scored(String text, double score) {}

  @Override
  public List<String> translate(List<Source> sources) {
    List<String> texts = sources.stream().map(Source::text).toList();
    return translations(texts).stream().map(found -> found.getFirst().text()).toList();
  }

  /** The hypotheses of each text, the best first. */
  List<List<Scored>> translations(List<String> texts) {
    return decoding.hypotheses(parameters, texts.stream().map(this::tokens).toList()).stream()
        .map(found -> found.stream().map(this::scored).toList())
        .toList();
  }

  private Scored scored(Decoding.Sentence sentence) {
    String text = tokenizer.decode(sentence.tokens()).strip().replaceAll("\\R", " ");
    return new Scored(text, sentence.logProbability());
  }

  /** The tokens of a source, cut off at the model's number of positions. */
  private int[] tokens(String source) {
    int[] all = tokenizer.encodeSource(source);
    int most = spec.positions() - 1;
    return TokenizedPairs.ended(all.length <= most ? all : Arrays.copyOf(all, most));
  }

  /**
   * Counts of the tokens of each language that the encoder's routers send to each expert.
   *
   * @param pairs whose sources are routed
   * @return for each layer, for each language, tokens of each expert
   */
  Map<String, Map<String, long[]>> experts(List<Pair> pairs) {
    Map<String, Map<String, long[]>> counts = new TreeMap<>();
    List<int[]> sources = new ArrayList<>();
    pairs.forEach(pair -> sources.add(tokens(pair.source())));
    decoding.decode(
        parameters,
        sources,
        routes ->
            routes
                .experts()
                .forEach(
                    (layer, experts) -> {
                      int length = Math.toIntExact(routes.tokens().size(1));
                      int choices =
                          experts.length / Math.toIntExact(routes.tokens().shape().elementCount());
                      for (int i = 0; i < routes.sources().size() * length * choices; i++) {
                        if (experts[i] >= 0) {
                          String language =
                              pairs.get(routes.sources().get(i / choices / length)).language();
                          counts.computeIfAbsent(layer, _ -> new TreeMap<>())
                              .computeIfAbsent(language, _ -> new long[spec.experts()])[
                              (int) experts[i]]++;
                        }
                      }
                    }));
    return counts;
  }

  @Override
  public void close() {
    decoding.close();
  }
}
