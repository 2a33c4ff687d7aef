package io.github.shardsum.language;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.language.EncoderFiles;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.model.EncoderPrograms;
import io.github.shardsum.moe.model.EncoderSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * An encoder that turns texts into vectors of length 1; the dot product of two is the similarity of
 * their texts. Not thread-safe: one call at a time.
 */
public final class TextEncoder implements AutoCloseable {
  /** Numbers of texts for which programs are made; fewer texts are padded. */
  private static final List<Integer> BATCHES = List.of(1, 8, 32);

  /** The shortest length for which programs are made; others are its multiples by powers of 2. */
  private static final int SHORTEST = 8;

  private record Size(int texts, int tokens) {}

  private final EncoderFiles files;
  private final Arena arena;
  private final Backend backend;
  private final Workers own;
  private final Map<Size, Executable> programs = new HashMap<>();

  private TextEncoder(EncoderFiles files, Arena arena, Backend backend, Workers own) {
    this.files = files;
    this.arena = arena;
    this.backend = backend;
    this.own = own;
  }

  /**
   * Opens an encoder on this machine's threads.
   *
   * @param folder BERT with WordPiece, as sentence-transformers writes it: {@code config.json},
   *     {@code model.safetensors} and {@code tokenizer.json}
   * @return the encoder, to be closed
   * @throws IllegalArgumentException if the files hold something that is not supported; the message
   *     names it
   * @throws IOException if a file cannot be read
   */
  public static TextEncoder open(Path folder) throws IOException {
    Workers workers = Workers.ofProcessors();
    try {
      return open(folder, LocalBackend.of(workers, MoePrograms.kernels()), workers);
    } catch (Throwable failed) {
      workers.close();
      throw failed;
    }
  }

  /**
   * Opens an encoder for a backend.
   *
   * @param folder as of {@link #open(Path)}
   * @param backend runs the programs
   * @return the encoder, to be closed
   * @throws IllegalArgumentException if the files hold something that is not supported; the message
   *     names it
   * @throws IOException if a file cannot be read
   */
  public static TextEncoder open(Path folder, Backend backend) throws IOException {
    return open(folder, backend, Workers.sequential());
  }

  @SuppressWarnings("MustBeClosedChecker") // by close()
  private static TextEncoder open(Path folder, Backend backend, Workers own) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new TextEncoder(EncoderFiles.read(folder, arena), arena, backend, own);
    } catch (Throwable failed) {
      arena.close();
      throw failed;
    }
  }

  /**
   * The specification.
   *
   * @return sizes of the encoder
   */
  public EncoderSpec spec() {
    return files.spec();
  }

  /**
   * The vectors of texts: the mean over the tokens of each, divided by its length. Tokens behind
   * the longest text that the files allow are left out.
   *
   * @param texts the texts
   * @return {@code [texts, M]} of f32
   * @throws IllegalArgumentException if a text has no token
   */
  public Tensor embed(List<String> texts) {
    return embed(texts, _ -> {});
  }

  /**
   * The vectors of texts, as of {@link #embed(List)}.
   *
   * @param texts the texts
   * @param done receives the number of texts that are done, from time to time
   * @return {@code [texts, M]} of f32
   * @throws IllegalArgumentException if a text has no token
   */
  public Tensor embed(List<String> texts, IntConsumer done) {
    int[][] tokens =
        texts.stream()
            .map(text -> files.words().encode(text, files.longest()))
            .toArray(int[][]::new);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i].length == 0) {
        throw new IllegalArgumentException(
            "encoder: a text must have at least one token, got \"" + texts.get(i) + "\"");
      }
    }
    int[] order =
        IntStream.range(0, tokens.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> tokens[i].length))
            .mapToInt(Integer::intValue)
            .toArray();
    Tensor all = Tensor.zeros(DType.F32, texts.size(), spec().model());
    int most = BATCHES.getLast();
    for (int from = 0; from < order.length; from += most) {
      int[] some = Arrays.copyOfRange(order, from, Math.min(order.length, from + most));
      Tensor vectors = batch(Arrays.stream(some).mapToObj(i -> tokens[i]).toArray(int[][]::new));
      for (int i = 0; i < some.length; i++) {
        all.select(0, some[i]).assign(vectors.select(0, i));
      }
      done.accept(from + some.length);
    }
    return all;
  }

  /** Texts that are padded have one token, whose vector is not used. */
  private Tensor batch(int[][] texts) {
    int rows = BATCHES.stream().filter(size -> size >= texts.length).findFirst().orElseThrow();
    int longest = Arrays.stream(texts).mapToInt(text -> text.length).max().orElse(1);
    int columns = SHORTEST;
    while (columns < longest) {
      columns *= 2;
    }
    columns = Math.min(columns, files.longest());
    int[] ids = new int[rows * columns];
    float[] real = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      int[] text = row < texts.length ? texts[row] : new int[1];
      System.arraycopy(text, 0, ids, row * columns, text.length);
      Arrays.fill(real, row * columns, row * columns + text.length, 1);
    }
    Map<String, Tensor> inputs = new HashMap<>(files.parameters());
    inputs.put("tokens", Tensor.of(ids, rows, columns));
    inputs.put("real", Tensor.of(real, rows, columns));
    Executable program =
        programs.computeIfAbsent(
            new Size(rows, columns),
            size -> backend.compile(EncoderPrograms.vectors(spec(), size.texts(), size.tokens())));
    return Objects.requireNonNull(program.run(inputs).get("vectors"));
  }

  /** Closes the programs, the memory of the weights, and the threads that were made for them. */
  @Override
  public void close() {
    programs.values().forEach(Executable::close);
    arena.close();
    own.close();
  }
}
