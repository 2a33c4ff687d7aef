package io.github.shardsum.cli.simulate;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.measure.Stopwatch;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum simulate}: step time, memory and cost of a training job. */
@Command(
    name = "simulate",
    description = {
      "Predict step time, memory and cost of a training job: its model is planned, and"
          + " the plan is priced.",
      "Without options: list the known models and devices."
    })
public final class SimulateCommand implements Runnable {
  private static final double DEFAULT_TOKENS = 1e12;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "A known model, such as gshard-600b or llama2-70b, or a JSON file (- for standard"
              + " input).")
  private Optional<String> model = Optional.empty();

  @Option(
      names = {"-t", "--topology"},
      paramLabel = "T",
      description =
          "The kind of device and the sides of a slice, such as v3:32x32, h100:256 or v5e:16x16*4.")
  private Optional<String> topology = Optional.empty();

  @Option(
      names = {"--layout", "--mesh"},
      split = ",",
      paramLabel = "AXIS=N",
      description =
          "Sizes of the axes data, fsdp, expert, tensor, context and pipeline; also the numbers"
              + " virtualStages and microbatches.")
  private Map<String, Integer> layout = new LinkedHashMap<>();

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "Number of sequences of a step, instead of the model's.")
  private Optional<Long> batch = Optional.empty();

  @Option(
      names = "--sequence",
      paramLabel = "N",
      description = "Number of tokens of a sequence, instead of the model's.")
  private Optional<Long> sequence = Optional.empty();

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Number of tokens to train on (default: 1e12).")
  private Optional<Double> tokens = Optional.empty();

  @Option(
      names = "--device",
      paramLabel = "FILE.json",
      description = "A file that describes a kind of device; docs/simulate.md has the keys.")
  private Optional<Path> device = Optional.empty();

  @Option(
      names = "--here",
      paramLabel = "N",
      description =
          "Instead of --topology: N devices that share this machine, whose speed is measured.")
  private Optional<Integer> here = Optional.empty();

  @Option(names = "--formulas", description = "Predict by formulas only, without a plan.")
  private boolean formulas;

  @Option(
      names = "--auto",
      description =
          "Search for layouts of weights and intermediates, and for the sizes of the axes unless"
              + " --layout is given, within the memory of the device.")
  private boolean auto;

  @Option(
      names = "--certify",
      description = "Also have an independent checker replay the plans on symbolic shards.")
  private boolean certify;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write an HTML page: terms, timeline, memory and mesh.")
  private Optional<Path> html = Optional.empty();

  @Option(names = "--json", description = "Print JSON; with --model.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    checkOptions();
    try {
      if (model.isPresent()) {
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
    List<OptionSpec> given = spec.commandLine().getParseResult().matchedOptions();
    if (model.isEmpty() && !given.isEmpty()) {
      throw usageError(
          spec, given.getFirst().longestName() + ": must be given with --model, got none");
    }
    if (model.isPresent() && topology.isEmpty() && here.isEmpty()) {
      throw usageError(spec, "--model: must be given with --topology, got none");
    }
    if (topology.isPresent() && here.isPresent()) {
      throw usageError(spec, "--here: must be given without --topology, got " + topology.get());
    }
    if (formulas && (certify || auto || html.isPresent())) {
      throw usageError(
          spec,
          "--formulas: must be given without --html, --auto and --certify, which need a plan");
    }
    positive("--here", here.map(Integer::doubleValue), 1, 64);
    positive("--batch", batch.map(Long::doubleValue), 1, 1e12);
    positive("--sequence", sequence.map(Long::doubleValue), 1, 1e12);
    positive("--tokens", tokens, 1, 1e18);
  }

  private void positive(String name, Optional<Double> value, double least, double most) {
    if (value.isPresent() && !(value.get() >= least && value.get() <= most)) {
      throw usageError(
          spec, name + ": must be from " + least + " to " + most + ", got " + value.get());
    }
  }

  private void predict(PrintWriter out) throws IOException {
    if (html.isPresent()) {
      OutputFile.checkText("--html", html.get());
    }
    SimulatedModelFile file = file(model.orElseThrow());
    List<DeviceFamily> known = DeviceFamily.known(device);
    Machine machine =
        here.isPresent()
            ? ThisMachine.measured(here.get())
            : OptionValue.of(
                spec, "--topology", () -> Machine.parse(topology.orElseThrow(), known));
    long said = sequence.orElse(file.sequence());
    double share = machine.family().eta();
    double count = tokens.orElse(DEFAULT_TOKENS);
    PlannedPrediction planning = planning(file.withSequence(said), machine, share);
    if (certify && planning.forms().isEmpty()) {
      throw new IllegalArgumentException("--certify: " + planning.reason());
    }
    List<String> proved =
        certify ? planning.forms().map(PlannedForms::certificates).orElse(List.of()) : List.of();
    if (json) {
      out.println(PredictionReport.json(planning, share, count, proved));
    } else {
      PredictionReport.print(planning, share, count, out);
      proved.forEach(out::println);
    }
    if (html.isPresent()) {
      PlannedForms forms =
          planning
              .forms()
              .orElseThrow(() -> new IllegalArgumentException("--html: " + planning.reason()));
      String page = SimulatePage.of(forms, share, count);
      OutputFile.write(html.get(), page.getBytes(StandardCharsets.UTF_8));
    }
  }

  private PlannedPrediction planning(SimulatedModelFile file, Machine machine, double share) {
    if (layout.isEmpty()) {
      return planning(file, machine, Optional.empty(), share);
    }
    AxisSizes given = OptionValue.of(spec, "--layout", () -> AxisSizes.of(layout));
    try {
      return planning(file, machine, Optional.of(given), share);
    } catch (SimulatedLayoutException wrong) {
      throw new ParameterException(spec.commandLine(), "--" + wrong.getMessage(), wrong);
    }
  }

  private PlannedPrediction planning(
      SimulatedModelFile file, Machine machine, Optional<AxisSizes> given, double share) {
    if (auto) {
      return AxisSizeSearch.of(file, machine, given, batch.orElse(0L), share);
    }
    boolean isFile = model.filter(name -> name.endsWith(".json") || name.equals("-")).isPresent();
    Job job =
        given.isPresent() || isFile
            ? SimulateJobs.job(file, machine, given.or(file::layout), batch.orElse(0L))
            : SimulateJobs.known(file, machine, batch.orElse(0L));
    return PlannedPrediction.of(job, share, !formulas);
  }

  private SimulatedModelFile file(String name) throws IOException {
    Optional<SimulatedModelFile> known = Catalogue.open().exact(name);
    if (known.isPresent() && !name.endsWith(".json")) {
      return known.get();
    }
    if (!name.endsWith(".json") && !name.equals("-")) {
      throw usageError(
          spec,
          "--model: must be a name that ./shardsum simulate lists, or a file that ends with"
              + " .json, got \""
              + SimulateJsonFields.shortened(name)
              + "\"");
    }
    return SimulatedModelFile.read(name, SimulateJsonFields.file(name));
  }

  private static void known(PrintWriter out) {
    out.println("models, in thousand millions of weights");
    for (SimulatedModelFile each : Catalogue.open().models()) {
      out.print(
          format(
              "  %-24s %8.1f  %s%n",
              each.model().name(), each.model().weights() / 1e9, each.source()));
    }
    out.println("devices");
    for (DeviceFamily each : DeviceFamily.all()) {
      out.print(
          format(
              "  %-6s %6.0f TFLOP/s bf16, %5.0f GB/s HBM, %3.0f GB/s a link; %s%n",
              each.name(),
              each.peak() / 1e12,
              each.bandwidth() / 1e9,
              each.link() / 1e9,
              each.source()));
    }
  }

  /** This machine as devices that share its cores and its memory, measured here and now. */
  private static final class ThisMachine {
    private static final int SIDE = 768;
    private static final int LONG = 1 << 24;

    private ThisMachine() {}

    /**
     * Measures f32 products, a sum of two long rows and collectives in process; takes seconds.
     *
     * @param devices how many share the machine
     */
    static Machine measured(int devices) {
      Tensor square = Tensor.zeros(DType.F32, Shape.of(SIDE, SIDE));
      Tensor row = Tensor.zeros(DType.F32, Shape.of(LONG));
      double product = Stopwatch.best(() -> Einsum.einsum("ij,jk->ik", square, square));
      double flops = 2.0 * SIDE * SIDE * SIDE / product;
      double bytes = 3.0 * 4 * LONG / Stopwatch.best(() -> Einsum.einsum("i,i->i", row, row));
      double link = devices == 1 ? bytes : bus(devices);
      // Formulas multiply bandwidths by 0.8, which these measured ones already contain.
      DeviceFamily family =
          new DeviceFamily(
              "here",
              Pattern.compile("here"),
              flops / devices,
              1,
              1,
              (double) Runtime.getRuntime().maxMemory() / devices,
              bytes / devices / Machine.ATTAINED,
              link / devices / Machine.ATTAINED,
              0,
              1,
              link / devices / Machine.ATTAINED,
              devices,
              1,
              1,
              1,
              "measured here and now: f32 products, memory and collectives of all devices, shared");
      return new Machine(family, List.of(devices), 1, devices, 1);
    }

    /** Bytes a second of all devices together. */
    private static double bus(int devices) {
      try (Collectives collectives = Collectives.open(Mesh.of("d", devices))) {
        LinkFit fit = MachineProbe.measure(collectives);
        return fit.link().bytesPerSecond();
      }
    }
  }
}
