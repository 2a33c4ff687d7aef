package io.github.shardsum.moe.model;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.internal.moe.model.Beam;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Greedy and beam decoding with a cache. {@link Transformer#encoder} runs once, then {@link
 * Transformer#step} runs until every sentence has ended. Programs have fixed sizes, so sources of
 * similar length form batches. The program for a size is compiled at its first use. Not
 * thread-safe.
 *
 * <p>Each step keeps the continuations of a sentence's hypotheses that have the highest sums of
 * log-probabilities; a hypothesis that has ended is kept unchanged. With one hypothesis, decoding
 * is greedy. The returned hypothesis has the highest sum divided by {@code ((5 + length) / 6)^0.6}
 * (Wu et al., 2016).
 */
public final class Decoding implements AutoCloseable {
  private static final int SHORTEST = 8;

  private final TransformerSpec spec;
  private final Backend backend;
  private final int batch;
  private final int hypotheses;
  private final int most;
  private final Map<Integer, Executable> encoders = new HashMap<>();
  private final Map<Integer, Executable> steps = new HashMap<>();

  /**
   * Decoding of a model.
   *
   * @param spec the model
   * @param backend runs its programs
   * @param batch number of sentences in a batch
   * @param hypotheses the number of hypotheses of a sentence; 1 is greedy
   * @param most the most tokens of a target, including its end
   * @throws IllegalArgumentException if a number is below 1, there are more hypotheses than tokens
   *     in the vocabulary, or {@code most} is above the model's positions
   */
  public Decoding(TransformerSpec spec, Backend backend, int batch, int hypotheses, int most) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.backend = Objects.requireNonNull(backend, "backend");
    this.batch = batch;
    this.hypotheses = hypotheses;
    this.most = most;
    if (batch < 1
        || hypotheses < 1
        || hypotheses > spec.vocabulary()
        || most < 1
        || most > spec.positions()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "decoding: batch must be at least 1, hypotheses in [1, %d] and tokens in"
                  + " [1, %d], got %d, %d and %d",
              spec.vocabulary(),
              spec.positions(),
              batch,
              hypotheses,
              most));
    }
  }

  /**
   * A decoded sentence.
   *
   * @param tokens the tokens without {@link TransformerSpec#BEGIN} and {@link TransformerSpec#END}
   * @param ended whether {@link TransformerSpec#END} was reached within the positions of the
   *     program
   * @param logProbability the sum over the tokens, including the end
   */
  public record Sentence(List<Integer> tokens, boolean ended, double logProbability) {
    /** Copies the list. */
    public Sentence {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * Metrics of the encoder's routers for a batch.
   *
   * @param sources indices of the batch's sources among the given ones
   * @param tokens the batch's source tokens, {@code [B, N]}
   * @param experts the experts of each token for each layer with experts, {@code [B * N * K]}; -1
   *     for a choice that is not sent
   */
  public record Routes(List<Integer> sources, Tensor tokens, Map<String, long[]> experts) {
    /** Copies list and map. */
    public Routes {
      sources = List.copyOf(sources);
      experts = Map.copyOf(experts);
    }
  }

  /**
   * Decodes.
   *
   * @param parameters the parameters by name
   * @param sources tokens, each ending with {@link TransformerSpec#END}
   * @return one sentence for each source
   * @throws IllegalArgumentException if a source is empty or longer than the model's positions
   */
  public List<Sentence> decode(Map<String, Tensor> parameters, List<int[]> sources) {
    return decode(parameters, sources, _ -> {});
  }

  /**
   * Decodes.
   *
   * @param parameters the parameters by name
   * @param sources tokens, each ending with {@link TransformerSpec#END}
   * @param routes receives the metrics of the encoder's routers, after each batch
   * @return one sentence for each source
   * @throws IllegalArgumentException if a source is empty or longer than the model's positions
   */
  public List<Sentence> decode(
      Map<String, Tensor> parameters, List<int[]> sources, Consumer<Routes> routes) {
    return hypotheses(parameters, sources, routes).stream().map(List::getFirst).toList();
  }

  /**
   * Decodes, and keeps all hypotheses.
   *
   * @param parameters the parameters by name
   * @param sources tokens, each ending with {@link TransformerSpec#END}
   * @return for each source, one sentence for each hypothesis, or fewer if the vocabulary allows no
   *     more. They are in the order of preference of {@link #decode}: ended ones first, then by
   *     log-probability divided by a power of the length
   * @throws IllegalArgumentException if a source is empty or longer than the model's positions
   */
  public List<List<Sentence>> hypotheses(Map<String, Tensor> parameters, List<int[]> sources) {
    return hypotheses(parameters, sources, _ -> {});
  }

  private List<List<Sentence>> hypotheses(
      Map<String, Tensor> parameters, List<int[]> sources, Consumer<Routes> routes) {
    for (int[] source : sources) {
      if (source.length < 1 || source.length > spec.positions()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "decoding: a source must have 1 to %d tokens, got %d",
                spec.positions(),
                source.length));
      }
    }
    List<Integer> order =
        IntStream.range(0, sources.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> sources.get(i).length))
            .toList();
    List<List<Sentence>> sentences =
        new ArrayList<>(Collections.nCopies(sources.size(), List.of()));
    for (int from = 0; from < order.size(); from += batch) {
      List<Integer> chosen = order.subList(from, Math.min(order.size(), from + batch));
      List<List<Sentence>> decoded = batch(parameters, sources, chosen, routes);
      for (int i = 0; i < chosen.size(); i++) {
        sentences.set(chosen.get(i), decoded.get(i));
      }
    }
    return List.copyOf(sentences);
  }

  private List<List<Sentence>> batch(
      Map<String, Tensor> parameters,
      List<int[]> sources,
      List<Integer> chosen,
      Consumer<Routes> routes) {
    int longest = sources.get(chosen.getLast()).length;
    int length =
        Math.min(spec.positions(), Math.max(SHORTEST, Integer.highestOneBit(longest * 2 - 1)));
    Tensor source = padded(sources, chosen, length);
    Map<String, Tensor> known = new HashMap<>(parameters);
    known.put("source", source);
    routes.accept(new Routes(chosen, source, encode(length, known)));
    return search(length, known, chosen.size());
  }

  private Tensor padded(List<int[]> sources, List<Integer> chosen, int length) {
    int[] padded = new int[batch * length];
    for (int i = 0; i < chosen.size(); i++) {
      int[] source = sources.get(chosen.get(i));
      System.arraycopy(source, 0, padded, i * length, source.length);
    }
    return Tensor.of(padded, batch, length);
  }

  /** Adds the encoder's outputs that the decoder reads; returns the experts of each layer. */
  private Map<String, long[]> encode(int length, Map<String, Tensor> known) {
    Executable encoder =
        encoders.computeIfAbsent(length, n -> backend.compile(Transformer.encoder(spec, batch, n)));
    Map<String, long[]> experts = new HashMap<>();
    run(encoder, known)
        .forEach(
            (name, tensor) -> {
              if (name.startsWith("positions.")) {
                experts.put(name.substring("positions.".length()), experts(tensor));
              } else {
                known.put(name, tensor);
              }
            });
    return experts;
  }

  private List<List<Sentence>> search(int length, Map<String, Tensor> known, int sentences) {
    Executable step =
        steps.computeIfAbsent(
            length,
            n -> backend.compile(Transformer.step(spec, batch, n, most, hypotheses, hypotheses)));
    for (Value input : step.program().inputs()) {
      if (input.name().startsWith("cache.")) {
        known.put(input.name(), Tensor.zeros(input.type().dtype(), input.type().shape()));
      }
    }
    Beam beam = new Beam(batch, sentences, hypotheses, most);
    while (beam.goesOn()) {
      known.put("token", Tensor.of(beam.tokens(), batch, hypotheses));
      known.put("index", Tensor.scalar(DType.I32, beam.step()));
      long cached = (long) most * hypotheses;
      known.put("visible", Tensor.ofBool(beam.visible(), batch, hypotheses, cached));
      Map<String, Tensor> results = run(step, known);
      results.forEach(
          (name, tensor) -> {
            if (name.startsWith("next.")) {
              known.put("cache" + name.substring("next".length()), tensor);
            }
          });
      beam.advance(
          Objects.requireNonNull(results.get("scores")).toDoubleArray(),
          Objects.requireNonNull(results.get("tokens")).toLongArray());
    }
    return beam.sentences();
  }

  /** The experts of positions {@code [G, S, K]}; each expert has as many positions as slots. */
  private long[] experts(Tensor positions) {
    int choices = Math.toIntExact(positions.size(2));
    long capacity = spec.route().capacity().atMost(choices, positions.size(1), spec.experts());
    long[] experts = positions.toLongArray();
    for (int i = 0; i < experts.length; i++) {
      experts[i] = Math.floorDiv(experts[i], capacity);
    }
    return experts;
  }

  /** Runs a program on those of the tensors that it reads. */
  private static Map<String, Tensor> run(Executable executable, Map<String, Tensor> known) {
    Program program = executable.program();
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      Tensor tensor = known.get(input.name());
      if (tensor == null) {
        throw new IllegalArgumentException(
            program.name() + ": parameters must have " + input + ", got no tensor of this name");
      }
      inputs.add(tensor);
    }
    List<Tensor> results = executable.run(inputs);
    Map<String, Tensor> named = new HashMap<>();
    for (int i = 0; i < results.size(); i++) {
      named.put(program.outputs().get(i).name(), results.get(i));
    }
    return named;
  }

  /** Closes the compiled programs. */
  @Override
  public void close() {
    encoders.values().forEach(Executable::close);
    steps.values().forEach(Executable::close);
  }
}
