package io.github.shardsum.cli.train;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum translate}: translates texts with a trained model. */
@Command(
    name = "translate",
    description = {
      "%nTranslate texts to English with a model that shardsum train has made.",
      "%nOne line is printed for each text; without texts, for each line of standard input.%n"
    })
public final class TranslateCommand implements Callable<Integer> {
  /** Lines of standard input that are translated together. */
  private static final int BATCH = 32;

  private static final int MOST_HYPOTHESES = 64;

  @Spec private CommandSpec spec;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      required = true,
      description = "The folder of the model.")
  private Path checkpoint = Path.of(".");

  @Option(
      names = "--beam",
      paramLabel = "N",
      defaultValue = "" + Translator.BEAM,
      description =
          "Number of hypotheses kept for each text; 1 is greedy (default: ${DEFAULT-VALUE}).")
  private int beam;

  @Option(
      names = "--n-best",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Number of translations printed for each text, the best first, one a line;"
              + " at most --beam (default: ${DEFAULT-VALUE}).")
  private int best;

  @Option(
      names = "--scores",
      description =
          "Print the natural logarithm of the probability and a tab before each translation; --json"
              + " always has it.")
  private boolean scores;

  @Option(
      names = "--json",
      description =
          "Print one JSON object for each text instead:"
              + " {\"text\":..,\"translations\":[{\"text\":..,\"score\":..}]}.")
  private boolean json;

  @Parameters(paramLabel = "TEXT", description = "Texts to translate.")
  private List<String> texts = new ArrayList<>();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private ProgressOption progress = new ProgressOption();

  private final AtomicLong done = new AtomicLong();

  @Override
  public Integer call() throws IOException {
    if (beam < 1 || beam > MOST_HYPOTHESES) {
      throw usageError(spec, "--beam: must be 1 to " + MOST_HYPOTHESES + ", got " + beam);
    }
    if (best < 1 || best > beam) {
      throw usageError(spec, "--n-best: must be 1 to " + beam + " (--beam), got " + best);
    }
    PrintWriter err = spec.commandLine().getErr();
    CheckpointFolder.Checkpoint model =
        CheckpointFolder.last(checkpoint, warning -> err.println("shardsum: " + warning));
    err.flush();
    PrintWriter out = spec.commandLine().getOut();
    int batch = texts.isEmpty() ? BATCH : Math.min(BATCH, texts.size());
    try (Workers workers = threads.workers();
        Translator translator =
            Translator.of(model, LocalBackend.of(workers, MoePrograms.kernels()), batch, beam);
        LongRun _ = progress.watchJobs(done::get)) {
      if (!texts.isEmpty()) {
        print(out, translator, texts);
        return 0;
      }
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      List<String> lines = new ArrayList<>();
      for (String line = in.readLine(); line != null && !out.checkError(); line = in.readLine()) {
        lines.add(line);
        // A terminal gets each answer at once; a file is read in batches.
        if (lines.size() == BATCH || !in.ready()) {
          print(out, translator, lines);
          lines.clear();
        }
      }
      print(out, translator, lines);
    }
    return 0;
  }

  /** Prints the translations of lines. An empty line is its own translation. */
  private void print(PrintWriter out, Translator translator, List<String> lines) {
    List<String> given = lines.stream().filter(line -> !line.isBlank()).toList();
    List<List<Translator.Scored>> translated = translator.translations(given);
    int next = 0;
    for (String line : lines) {
      List<Translator.Scored> found =
          line.isBlank() ? List.of(new Translator.Scored("", 0)) : translated.get(next++);
      List<Translator.Scored> shown = found.subList(0, Math.min(best, found.size()));
      done.incrementAndGet();
      if (json) {
        out.println(answer(line, shown));
        continue;
      }
      if (line.isBlank()) {
        out.println();
        continue;
      }
      for (Translator.Scored each : shown) {
        String score = scores ? format("%.4f\t", each.score()) : "";
        out.println(score + each.text());
      }
    }
    out.flush();
  }

  private static String answer(String text, List<Translator.Scored> translations) {
    ObjectNode answer = JsonAnswer.object().put("text", text);
    ArrayNode list = answer.putArray("translations");
    translations.forEach(
        each -> list.addObject().put("text", each.text()).put("score", each.score()));
    return JsonAnswer.text(answer);
  }
}
