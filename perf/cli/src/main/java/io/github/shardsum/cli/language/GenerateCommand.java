package io.github.shardsum.cli.language;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.language.Generation;
import io.github.shardsum.language.LanguageModel;
import io.github.shardsum.language.Sampling;
import io.github.shardsum.moe.MoePrograms;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum generate}: text from a language model. */
@Command(
    name = "generate",
    description = {
      "%nGenerate text with a language model from its files. Text goes to standard output as it"
          + " comes, rates to standard error at the end. With --bench print rates only.",
      "%nThe model is a GGUF file, or a folder with config.json, safetensors, and for text"
          + " tokenizer.json; docs/language.md has the families. With --tokens the prompt and"
          + " the output are numbers of tokens.%n"
    })
public final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      required = true,
      description = "The model's GGUF file or folder.")
  private Path model = Path.of("");

  @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "The text to continue.")
  private String prompt = "";

  @Option(
      names = "--tokens",
      paramLabel = "T,..",
      description = "The prompt as numbers of tokens, such as 1,2,3.")
  private String tokens = "";

  @Option(
      names = {"-n", "--most"},
      paramLabel = "N",
      description = "The most tokens to generate. Default: ${DEFAULT-VALUE}.")
  private int most = 128;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Divides the logits; 0 takes the largest. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw among the K likeliest tokens; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Draw among the likeliest tokens that reach this sum. Default: ${DEFAULT-VALUE}.")
  private double topP = 1;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description =
          "Draw among tokens with this share of the likeliest's probability. Default:"
              + " ${DEFAULT-VALUE}.")
  private double minP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The seed of draws. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--bench",
      description =
          "Measure instead: tokens a second of a prompt of 512 and of 128 generated tokens, five"
              + " times each, as llama-bench does.")
  private boolean bench;

  @Option(names = "--json", description = "Print one JSON object instead of text or a table.")
  private boolean json;

  @Mixin private ThreadsOption threads;
  @Mixin private ProgressOption progress;

  @Override
  public Integer call() throws IOException {
    boolean numbers = !tokens.isEmpty();
    if (bench ? numbers || !prompt.isEmpty() : numbers != prompt.isEmpty()) {
      throw usageError(
          spec,
          bench
              ? "--bench: must be given without a prompt, got one"
              : "--tokens: must be given, or a PROMPT, got " + (numbers ? "both" : "none"));
    }
    int[] given = OptionValue.of(spec, "--tokens", () -> numbers(tokens));
    Sampling sampling =
        OptionValue.of(
            spec,
            "--temperature",
            () ->
                Sampling.greedy()
                    .withTemperature(temperature)
                    .withCandidates(topK, topP, minP)
                    .withSeed(seed)
                    .withMost(most));
    try (Workers workers = threads.workers();
        LanguageModel opened = open(workers)) {
      if (bench) {
        measure(opened, workers.threads());
      } else {
        generate(opened, numbers ? Optional.of(given) : Optional.empty(), sampling);
      }
    }
    return 0;
  }

  /** Opens the model and shows how many of its parameters were read. */
  private LanguageModel open(Workers workers) throws IOException {
    AtomicInteger done = new AtomicInteger();
    try (LongRun _ = progress.watch("parameters", done::get, 0)) {
      return LanguageModel.open(
          model,
          LocalBackend.of(workers, MoePrograms.kernels()),
          (loaded, _) -> done.setPlain(loaded));
    }
  }

  private void generate(LanguageModel opened, Optional<int[]> given, Sampling sampling)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Generation result =
        given.isPresent()
            ? opened.generate(
                given.get(), sampling, opened.ends(), (token, _) -> print(out, token + " "))
            : opened.generate(prompt, sampling, (_, text) -> print(out, text));
    if (json) {
      ObjectNode answer = JsonAnswer.object();
      result.tokens().forEach(answer.putArray("tokens")::add);
      answer.put("text", result.text());
      answer.put("reason", reason(result));
      answer.put("promptTokens", result.promptTokens());
      answer.put("promptSeconds", result.promptSeconds());
      answer.put("decodeSeconds", result.decodeSeconds());
      answer.put("tokensPerSecond", result.tokensPerSecond());
      out.print(JsonAnswer.text(answer));
    }
    out.println();
    spec.commandLine()
        .getErr()
        .print(
            format(
                "%d tokens of prompt in %.2f s, %d generated (%s), %.2f tokens/s%n",
                result.promptTokens(),
                result.promptSeconds(),
                result.tokens().size(),
                reason(result),
                result.tokensPerSecond()));
  }

  private static String reason(Generation result) {
    return result.reason().toString().toLowerCase(Locale.ROOT);
  }

  private void measure(LanguageModel opened, int threads) throws IOException {
    ModelBench measured = ModelBench.of(opened, model, threads);
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? JsonAnswer.text(measured.json()) : measured.table());
  }

  /** Whether the reader still takes output. */
  private boolean print(PrintWriter out, String text) {
    out.print(json ? "" : text);
    return !out.checkError();
  }

  private static int[] numbers(String list) {
    try {
      return Arrays.stream(list.split(","))
          .filter(word -> !word.isBlank())
          .mapToInt(word -> Integer.parseInt(word.strip()))
          .toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("must be whole numbers with commas, got " + list, e);
    }
  }
}
