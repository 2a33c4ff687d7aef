package io.github.shardsum.cli.language;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.language.Generation;
import io.github.shardsum.language.LanguageModel;
import io.github.shardsum.language.Sampling;
import io.github.shardsum.moe.model.LanguagePrograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rates of a model as llama-bench defines them: of a prompt without anything before it, and of
 * tokens that are generated behind one token. Each test runs once before it is timed.
 *
 * @param model the name of the file or folder
 * @param bytes the size of the model's files
 * @param weightBytes the size of the weights in memory, mapped or not
 * @param parameters the number of the model's parameters
 * @param threads the number of threads
 * @param tests the tests in order
 */
record ModelBench(
    String model, long bytes, long weightBytes, long parameters, int threads, List<Rates> tests) {
  private static final int PROMPT = 512;
  private static final int GENERATED = 128;
  private static final int REPEATS = 5;

  /**
   * The rates of a test.
   *
   * @param test its name
   * @param perSecond tokens a second of each repetition
   */
  record Rates(String test, List<Double> perSecond) {
    double mean() {
      return perSecond.stream().mapToDouble(x -> x).average().orElse(0);
    }

    /** The standard deviation of a sample. */
    double deviation() {
      double mean = mean();
      double squares = perSecond.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
      return Math.sqrt(squares / Math.max(1, perSecond.size() - 1));
    }
  }

  /** Runs the tests, on the longest texts that fit if the context is short. */
  static ModelBench of(LanguageModel model, Path path, int threads) throws IOException {
    int context = model.spec().context();
    int prompt = Math.min(PROMPT, context - 1);
    int generated = Math.min(GENERATED, context - 2);
    int[] tokens = new Random(0).ints(prompt, 0, model.spec().vocabulary()).toArray();
    List<Double> read = new ArrayList<>();
    List<Double> written = new ArrayList<>();
    for (int i = 0; i <= REPEATS; i++) {
      Generation one = run(model, tokens, 1);
      Generation many = run(model, Arrays.copyOf(tokens, 1), generated + 1);
      if (i > 0) {
        read.add(prompt / one.promptSeconds());
        written.add(many.tokensPerSecond());
      }
    }
    long parameters =
        LanguagePrograms.parameters(model.spec()).stream()
            .mapToLong(each -> each.type().shape().elementCount())
            .sum();
    return new ModelBench(
        String.valueOf(path.toAbsolutePath().normalize().getFileName()),
        bytes(path),
        model.weightBytes(),
        parameters,
        threads,
        List.of(new Rates("pp" + prompt, read), new Rates("tg" + generated, written)));
  }

  private static Generation run(LanguageModel model, int[] prompt, int most) {
    return model.generate(prompt, Sampling.greedy().withMost(most), Set.of(), (_, _) -> true);
  }

  private static long bytes(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return Files.size(path);
    }
    long bytes = 0;
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".safetensors")).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  /** The table that llama-bench prints. */
  String table() {
    return tests.stream()
        .map(
            each ->
                format(
                    "| %s | %.2f GiB | %.2f B | JVM | %d | %s | %.2f ± %.2f |",
                    model,
                    weightBytes / (double) (1 << 30),
                    parameters / 1e9,
                    threads,
                    each.test(),
                    each.mean(),
                    each.deviation()))
        .collect(
            Collectors.joining(
                "\n",
                """
                | model | size | params | backend | threads | test | t/s |
                | --- | --: | --: | --- | --: | --- | --: |
                """,
                ""));
  }

  ObjectNode json() {
    ObjectNode answer = JsonAnswer.object();
    answer.put("model", model).put("bytes", bytes).put("weightBytes", weightBytes);
    answer.put("parameters", parameters);
    answer.put("threads", threads);
    ArrayNode all = answer.putArray("tests");
    for (Rates each : tests) {
      ObjectNode test = all.addObject().put("test", each.test());
      test.put("mean", each.mean()).put("deviation", each.deviation());
      each.perSecond().forEach(test.putArray("tokensPerSecond")::add);
    }
    return answer;
  }
}
