package io.github.shardsum.cli.language;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npy;
import io.github.shardsum.language.TextEncoder;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum embed}: vectors of texts, and a search by meaning. */
@Command(
    name = "embed",
    description = {
      "%nTurn texts into vectors of length 1 whose dot products are similarities, with an encoder"
          + " such as all-MiniLM-L6-v2.",
      "%nThe vectors are written to a file, or the lines are printed that are most similar to a"
          + " text.%n"
    })
public final class EmbedCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "The encoder's folder: config.json, model.safetensors, tokenizer.json.")
  private Path model = Path.of("");

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      required = true,
      description = "A file in UTF-8 with a text in each line; - for standard input.")
  private Path texts = Path.of("");

  @Option(
      names = "--search",
      paramLabel = "TEXT",
      description = "Print the lines that are most similar to this text.")
  private Optional<String> search = Optional.empty();

  @Option(
      names = "-k",
      paramLabel = "K",
      description = "The most lines to print. Default: ${DEFAULT-VALUE}.")
  private int most = 10;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.npy",
      description = "Write the vectors [lines, width] in f32.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--json", description = "Print one JSON object instead of lines.")
  private boolean json;

  @Mixin private ThreadsOption threads;
  @Mixin private ProgressOption progress;

  @Override
  public Integer call() throws IOException {
    if (search.isEmpty() && out.isEmpty()) {
      throw usageError(spec, "--search: must be given, or --out, got none");
    }
    int limit = OptionValue.of(spec, "-k", () -> checked(most));
    if (out.isPresent()) {
      OutputFile.check("--out", out.get());
    }
    List<String> lines = lines();
    try (Workers workers = threads.workers();
        TextEncoder encoder =
            TextEncoder.open(model, LocalBackend.of(workers, MoePrograms.kernels()))) {
      AtomicInteger done = new AtomicInteger();
      Tensor vectors;
      long began = System.nanoTime();
      try (LongRun _ = progress.watch("texts", done::get, lines.size())) {
        vectors = encoder.embed(lines, done::setPlain);
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      spec.commandLine()
          .getErr()
          .print(
              format(
                  "%d texts in %.2f s, %.1f texts/s%n",
                  lines.size(), seconds, lines.size() / seconds));
      if (out.isPresent()) {
        Npy.write(out.get(), vectors);
      }
      if (search.isPresent()) {
        Tensor query = encoder.embed(List.of(search.get())).select(0, 0);
        print(lines, Einsum.einsum("nm,m->n", vectors, query).toFloatArray(), limit);
      }
    }
    return 0;
  }

  private static int checked(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("must be at least 1, got " + most);
    }
    return most;
  }

  private List<String> lines() throws IOException {
    String all;
    try (var in = TextFiles.open(texts)) {
      all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<String> lines = all.lines().toList();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(texts + ": must have at least one line, got none");
    }
    return lines;
  }

  private void print(List<String> lines, float[] scores, int limit) {
    List<Integer> best =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i]))
            .limit(limit)
            .toList();
    PrintWriter answer = spec.commandLine().getOut();
    if (json) {
      ObjectNode object = JsonAnswer.object();
      ArrayNode all = object.putArray("lines");
      for (int i : best) {
        all.addObject().put("line", i + 1).put("similarity", scores[i]).put("text", lines.get(i));
      }
      answer.println(JsonAnswer.text(object));
      return;
    }
    for (int i : best) {
      answer.println(format("%.4f  %s", scores[i], lines.get(i)));
    }
  }
}
