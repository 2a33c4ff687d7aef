package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code shardsum simulate}: step time, memory and cost of a training job. */
@Command(
    name = "simulate",
    description = {
      "Predict step time, memory and cost of a training job, by formulas.",
      "With --holdout: score the predictions on measured steps. Without options: the models and"
          + " the devices that are known."
    })
public final class SimulateCommand implements Runnable {
  private static final double DEFAULT_TOKENS = 1e12;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "A known model, as gshard-600b or llama2-70b, or a JSON file; - reads one.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = {"-t", "--topology"},
      paramLabel = "T",
      description = "Devices and the sides of a slice, as v3:32x32, h100:256 or v5e:16x16*4.")
  private Optional<String> topology = Optional.empty();

  @Option(
      names = "--layout",
      split = ",",
      paramLabel = "AXIS=N",
      description =
          "Sizes of data, fsdp, expert, tensor, context and pipeline; virtualStages, microbatches.")
  private Map<String, Integer> layout = new LinkedHashMap<>();

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "Sequences of a step, instead of the model's.")
  private Optional<Long> batch = Optional.empty();

  @Option(
      names = "--sequence",
      paramLabel = "N",
      description = "Tokens of a sequence, instead of the model's.")
  private Optional<Long> sequence = Optional.empty();

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Tokens to train on, as 1e12 (its default).")
  private Optional<Double> tokens = Optional.empty();

  @Option(
      names = "--eta",
      paramLabel = "SHARE",
      description = "Attainable share of peak, instead of the family's.")
  private Optional<Double> eta = Optional.empty();

  @Option(
      names = "--holdout",
      paramLabel = "FILE.tsv",
      description = "Score the predictions on a table of measured steps.")
  private Optional<Path> holdout = Optional.empty();

  @Option(names = "--paper", description = "Print the GShard paper's figures beside ours.")
  private boolean paper;

  @Option(names = "--json", description = "Print JSON; with --model or --holdout.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    checkOptions();
    try {
      if (holdout.isPresent()) {
        Holdout scored = Holdout.of(Table.read(holdout.get()), new ClosedForms());
        if (json) {
          out.println(HoldoutReport.json(scored));
        } else {
          HoldoutReport.print(scored, out);
        }
      } else if (paper) {
        PaperReport.print(new ClosedForms(), out);
      } else if (model.isPresent()) {
        predict(out);
      } else {
        known(out);
      }
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
    out.flush();
  }

  private void checkOptions() {
    int modes = (holdout.isPresent() ? 1 : 0) + (paper ? 1 : 0) + (model.isPresent() ? 1 : 0);
    int given = spec.commandLine().getParseResult().matchedOptions().size() - (json ? 1 : 0);
    if (modes > 1) {
      throw new IllegalArgumentException(
          "expected one of --model, --holdout and --paper, got more");
    }
    if (model.isEmpty() && given > modes) {
      throw new IllegalArgumentException("the other options: expected --model too, got none");
    }
    if (model.isPresent() && topology.isEmpty()) {
      throw new IllegalArgumentException("--model: expected --topology too, got none");
    }
    if (json && (paper || modes == 0)) {
      throw new IllegalArgumentException("--json: expected --model or --holdout too, got none");
    }
    positive("--batch", batch.map(Long::doubleValue), 1, 1e12);
    positive("--sequence", sequence.map(Long::doubleValue), 1, 1e12);
    positive("--tokens", tokens, 1, 1e18);
    positive("--eta", eta, 0.01, 1);
  }

  private static void positive(String name, Optional<Double> value, double least, double most) {
    if (value.isPresent() && !(value.get() >= least && value.get() <= most)) {
      throw new IllegalArgumentException(
          name + ": must be from " + least + " to " + most + ", got " + value.get());
    }
  }

  private void predict(PrintWriter out) throws IOException {
    Machine machine = Machine.parse(topology.orElseThrow());
    ModelFile file = file(model.orElseThrow());
    long said = sequence.orElse(file.sequence());
    Optional<Layout> axes = layout.isEmpty() ? file.layout() : Optional.of(Layout.of(layout));
    Job job = SimulateJobs.job(file.withSequence(said), machine, axes, batch.orElse(0L));
    double share = eta.orElse(machine.family().eta());
    Prediction prediction = new ClosedForms().predict(job, share);
    double count = tokens.orElse(DEFAULT_TOKENS);
    if (json) {
      out.println(PredictionReport.json(prediction, share, count));
    } else {
      PredictionReport.print(prediction, share, count, out);
    }
  }

  private static ModelFile file(String name) throws IOException {
    Optional<ModelFile> known = Catalogue.open().exact(name);
    if (known.isPresent() && !name.endsWith(".json")) {
      return known.get();
    }
    if (!name.endsWith(".json") && !name.equals("-")) {
      throw new IllegalArgumentException(
          "--model: expected a name that ./shardsum simulate lists, or a file that ends with"
              + " .json, got \""
              + HoldoutReport.shortened(name)
              + "\"");
    }
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    try (InputStream in = TextFiles.open(Path.of(name))) {
      JsonNode node = mapper.readTree(in);
      return ModelFile.read(name, node);
    } catch (JacksonException bad) {
      throw new IllegalArgumentException(name + ": " + JsonErrors.describe(bad), bad);
    }
  }

  private static void known(PrintWriter out) {
    out.println("models, in thousand millions of weights");
    for (ModelFile each : Catalogue.open().models()) {
      out.printf(
          Locale.ROOT,
          "  %-24s %8.1f  %s%n",
          each.model().name(),
          each.model().weights() / 1e9,
          each.source());
    }
    out.println("devices");
    for (Family each : Family.all()) {
      out.printf(
          Locale.ROOT,
          "  %-6s %6.0f TFLOP/s bf16, %5.0f GB/s HBM, %3.0f GB/s a link; %s%n",
          each.name(),
          each.peak() / 1e12,
          each.bandwidth() / 1e9,
          each.link() / 1e9,
          each.source());
    }
  }
}
