package io.github.shardsum.language;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.language.ModelFiles;
import io.github.shardsum.internal.language.TextStream;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.model.LanguagePrograms;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A language model that is opened from its files and generates tokens.
 *
 * <p>Weights are mapped and stay in the format of the file; products decode the blocks that they
 * read. Programs are compiled when a length first needs them and kept. Not thread-safe: one call at
 * a time.
 */
public final class LanguageModel implements AutoCloseable {
  /** Numbers of new positions for which programs are made; a shorter text is padded. */
  private static final List<Integer> STEPS = List.of(1, 8, 32, 128);

  /** Caches have a multiple of this number of positions, so that few programs are made. */
  private static final int CACHE_UNIT = 64;

  private record Shape(int tokens, int cached, boolean all) {}

  private final ModelFiles files;
  private final Arena arena;
  private final Backend backend;
  private final Workers own;
  private final Map<Shape, Executable> programs = new HashMap<>();

  private LanguageModel(ModelFiles files, Arena arena, Backend backend, Workers own) {
    this.own = own;
    this.files = files;
    this.arena = arena;
    this.backend = backend;
  }

  /**
   * Opens a model on this machine's threads.
   *
   * @param path a folder with {@code config.json} and safetensors, or a GGUF file
   * @return the model, to be closed
   * @throws IllegalArgumentException if the files hold something that is not supported; the message
   *     names it
   * @throws IOException if a file cannot be read
   */
  public static LanguageModel open(Path path) throws IOException {
    Workers workers = Workers.ofProcessors();
    try {
      return open(path, LocalBackend.of(workers, MoePrograms.kernels()), workers, (_, _) -> {});
    } catch (Throwable failed) {
      workers.close();
      throw failed;
    }
  }

  /**
   * Opens a model for a backend.
   *
   * @param path a folder with {@code config.json} and safetensors, or a GGUF file
   * @param backend runs the programs; should have {@link MoePrograms#kernels}
   * @param loaded receives the numbers of loaded and of all parameters, after each one
   * @return the model, to be closed
   * @throws IllegalArgumentException if the files hold something that is not supported; the message
   *     names it
   * @throws IOException if a file cannot be read
   */
  public static LanguageModel open(Path path, Backend backend, BiConsumer<Integer, Integer> loaded)
      throws IOException {
    return open(path, backend, Workers.sequential(), loaded);
  }

  @SuppressWarnings("MustBeClosedChecker") // by close()
  private static LanguageModel open(
      Path path, Backend backend, Workers own, BiConsumer<Integer, Integer> loaded)
      throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new LanguageModel(ModelFiles.read(path, arena, loaded), arena, backend, own);
    } catch (Throwable failed) {
      arena.close();
      throw failed;
    }
  }

  /**
   * The specification.
   *
   * @return sizes and options of the model
   */
  public LanguageSpec spec() {
    return files.spec();
  }

  /**
   * The bytes of the weights in memory, most of them mapped from the files. A matrix in blocks has
   * the bytes of its blocks.
   *
   * @return the bytes of all parameters
   */
  public long weightBytes() {
    return files.parameters().values().stream().mapToLong(LanguageModel::bytes).sum();
  }

  private static long bytes(Tensor weight) {
    long elements = weight.shape().elementCount();
    return weight
        .blocks()
        .map(in -> elements * in.format().bytes() / in.format().elements())
        .orElse(elements * weight.dtype().byteSize());
  }

  /**
   * The logits behind each token of a text.
   *
   * @param tokens the text
   * @return {@code [T, V]} of f32; row t predicts the token behind t
   * @throws IllegalArgumentException if there are no or too many tokens, or one is not in the
   *     vocabulary
   */
  public Tensor logits(int[] tokens) {
    Sequence sequence = new Sequence(tokens.length, true);
    Tensor all = Tensor.zeros(DType.F32, tokens.length, spec().vocabulary());
    while (sequence.length < tokens.length) {
      int from = sequence.length;
      Tensor some = sequence.append(tokens);
      all.slice(0, from, sequence.length).assign(some.slice(0, 0, sequence.length - from));
    }
    return all;
  }

  /**
   * Generates tokens behind a prompt.
   *
   * @param prompt the prompt's tokens, at least one
   * @param sampling how tokens are drawn, and how many at most
   * @param ends tokens that end a text
   * @param sink receives each token; not the one that ends the text
   * @return the tokens
   * @throws IllegalArgumentException if there are no or too many tokens, or one is not in the
   *     vocabulary
   */
  public Generation generate(int[] prompt, Sampling sampling, Set<Integer> ends, TokenSink sink) {
    long began = System.nanoTime();
    int most = (int) Math.min(sampling.most(), (long) spec().context() - prompt.length);
    if (prompt.length == 0 || most < 1) {
      throw new IllegalArgumentException(
          "language: a prompt must have 1 to "
              + (spec().context() - 1)
              + " tokens, got "
              + prompt.length);
    }
    Sequence sequence = new Sequence(prompt.length + most, false);
    Tensor logits = sequence.append(prompt);
    while (sequence.length < prompt.length) {
      logits = sequence.append(prompt);
    }
    int[] text = Arrays.copyOf(prompt, prompt.length + most);
    List<Integer> tokens = new ArrayList<>();
    double promptSeconds = 0;
    Generation.Reason reason = Generation.Reason.LENGTH;
    while (true) {
      int token = sampling.next(logits.toFloatArray(), sequence.length);
      promptSeconds = tokens.isEmpty() ? seconds(began) : promptSeconds;
      if (ends.contains(token)) {
        reason = Generation.Reason.END;
        break;
      }
      text[sequence.length] = token;
      tokens.add(token);
      if (!sink.accept(token, "")) {
        reason = Generation.Reason.STOPPED;
        break;
      }
      if (tokens.size() == most) {
        break;
      }
      logits = sequence.append(Arrays.copyOf(text, sequence.length + 1));
    }
    return new Generation(
        tokens, "", reason, prompt.length, promptSeconds, seconds(began) - promptSeconds);
  }

  /**
   * Generates text behind a prompt, until a token that the files say ends a text.
   *
   * @param prompt the prompt
   * @param sampling how tokens are drawn, and how many at most
   * @param sink receives each token, and the characters that became whole with it
   * @return the tokens and the text
   * @throws IllegalArgumentException if the prompt has no or too many tokens, or the tokenizer's
   *     file is not supported
   * @throws IOException if the tokenizer's file cannot be read
   */
  public Generation generate(String prompt, Sampling sampling, TokenSink sink) throws IOException {
    Tokenizer words = Tokenizer.of(files.path());
    TextStream stream = new TextStream();
    StringBuilder text = new StringBuilder();
    Generation tokens =
        generate(
            words.encode(prompt),
            sampling,
            files.ends(),
            (token, _) -> {
              String part = stream.append(words.bytes(token));
              text.append(part);
              return sink.accept(token, part);
            });
    return tokens.withText(text.append(stream.end()).toString());
  }

  /**
   * The tokens that end a text.
   *
   * @return the tokens that the files name; may be empty
   */
  public Set<Integer> ends() {
    return files.ends();
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /** A text with its caches. */
  private final class Sequence {
    private final int cached;
    private final boolean all;
    private final Map<String, Tensor> tensors = new HashMap<>(files.parameters());
    private int length;

    Sequence(int most, boolean all) {
      if (most < 1 || most > spec().context()) {
        throw new IllegalArgumentException(
            "language: tokens must be 1 to " + spec().context() + ", got " + most);
      }
      this.cached = Math.ceilDiv(most, CACHE_UNIT) * CACHE_UNIT;
      this.all = all;
      LanguagePrograms.caches(spec(), cached)
          .forEach((name, type) -> tensors.put(name, Tensor.zeros(type.dtype(), type.shape())));
    }

    /** Appends the next tokens of a text, as many as a program takes; returns its logits. */
    Tensor append(int[] text) {
      int left = text.length - length;
      int padded = STEPS.stream().filter(step -> step >= left).findFirst().orElse(STEPS.getLast());
      int[] some = Arrays.copyOfRange(text, length, length + Math.min(left, padded));
      tensors.putAll(LanguagePrograms.inputs(spec(), some, length, padded, cached));
      Executable program =
          programs.computeIfAbsent(
              new Shape(padded, cached, all),
              shape ->
                  backend.compile(
                      LanguagePrograms.step(spec(), shape.tokens(), shape.cached(), shape.all())));
      Map<String, Tensor> results = program.run(tensors);
      results.forEach(
          (name, tensor) -> {
            if (name.startsWith("next.")) {
              tensors.put("cache" + name.substring("next".length()), tensor);
            }
          });
      length += some.length;
      return Objects.requireNonNull(results.get("logits"));
    }
  }

  /** Closes the programs, the memory of the weights, and the threads that were made for them. */
  @Override
  public void close() {
    programs.values().forEach(Executable::close);
    arena.close();
    own.close();
  }
}
