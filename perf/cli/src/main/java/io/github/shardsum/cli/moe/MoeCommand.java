package io.github.shardsum.cli.moe;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.cli.common.BackendOptions;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.cli.common.TraceOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum moe}: the paper's Mixture-of-Experts layer on real text. */
@Command(
    name = "moe",
    description = {
      "Run the GShard paper's Mixture-of-Experts layer on real text, a byte a token.",
      "Prints time and FLOP/s of each step, the experts' loads, and a check against the"
          + " reference backend."
    })
public final class MoeCommand implements Callable<Integer> {
  private static final double WARM_UP_SECONDS = 1.5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description =
          "The text to run on; without it, names of languages, countries and currencies that the"
              + " JDK carries.")
  private Optional<Path> text = Optional.empty();

  @Option(
      names = "--experts",
      paramLabel = "E",
      defaultValue = "16",
      description = "Number of experts (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--group",
      paramLabel = "S",
      defaultValue = "1024",
      description = "Number of tokens in a group (default: ${DEFAULT-VALUE}).")
  private int group;

  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "128",
      description = "Width of a token (default: ${DEFAULT-VALUE}).")
  private int model;

  @Option(
      names = "--hidden",
      paramLabel = "H",
      defaultValue = "512",
      description = "Width inside an expert (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--capacity-factor",
      paramLabel = "F",
      description = "Slots of an expert, as a multiple of k*S/E (default: 1).")
  private Optional<Double> capacityFactor = Optional.empty();

  @Option(
      names = "--dropless",
      description = "No limit on the number of tokens of an expert, so no token is dropped.")
  private boolean dropless;

  @Option(
      names = "--route",
      paramLabel = "NOTATION",
      description = {
        "How tokens are sent to experts, such as 'top1 aux=squared' or 'top2 second=all"
            + " slots=gate'",
        "(default: the paper's); docs/moe.md has the words."
      })
  private Optional<String> route = Optional.empty();

  @Option(
      names = "--activation",
      paramLabel = "relu|gelu|silu|swiglu",
      defaultValue = "relu",
      description = "Function between the two products of an expert (default: ${DEFAULT-VALUE}).")
  private Activation activation = Activation.RELU;

  @Option(names = "--bias", description = "Add biases to the products of experts.")
  private boolean biased;

  @Option(
      names = "--backward",
      description =
          "Also run each pass forward and backward; with --mesh, run the gradient of the layer.")
  private boolean backward;

  @Option(
      names = "--passes",
      paramLabel = "N",
      defaultValue = "24",
      description =
          "Run the layer at most this many times, on places spread over the text (default:"
              + " ${DEFAULT-VALUE}).")
  private int passes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of weights, vectors and routing (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--mesh",
      paramLabel = "MESH",
      description =
          "Run the beginning of the text on a mesh, such as d=2,x=4,m=2: groups are split over d"
              + " and x, experts over x, their hidden width over m; an axis of another name is used"
              + " like x. Shows each collective with its bytes; --backend pjrt runs the beginning"
              + " of the text too.")
  private Optional<String> mesh = Optional.empty();

  @Mixin private BackendOptions backends = new BackendOptions();

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Also write an HTML page: where tokens go, loads of experts, and dropped tokens; not with"
              + " --mesh.")
  private Optional<Path> html = Optional.empty();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private ProgressOption bars = new ProgressOption();

  @Mixin private TraceOption trace = new TraceOption();

  @Override
  public Integer call() throws IOException {
    MoeJob job = job();
    Progress progress = bars.bar(System.getenv());
    boolean pjrt = backends.isPjrt();
    if (pjrt && job.dropless()) {
      throw usageError(
          spec,
          "--backend pjrt: must be given with a capacity, got none: a plugin needs sizes"
              + " that are known before the run, and an expert's number of rows is not");
    }
    Optional<Mesh> devices =
        mesh.or(() -> pjrt ? Optional.of("") : mesh)
            .map(notation -> MeshOptions.ofRun(spec, notation));
    if (devices.isEmpty() && MeshOptions.isJob(System.getenv())) {
      throw usageError(
          spec,
          "--mesh AXES: must be given under shardsum launch, got none: each process would run the"
              + " whole layer alone");
    }
    Optional<Path> library = backends.library(System.getenv());
    if (trace.isGiven() && (devices.isEmpty() || library.isPresent())) {
      throw usageError(
          spec,
          "--trace: must be given with --mesh and --backend local, got another backend or no mesh");
    }
    checkPage(devices);
    trace.check(Optional.empty());
    PlanOptions planning = backends.planning(devices);
    try (Workers workers = Workers.of(job.threads());
        MoeTextSource source = source(workers, progress)) {
      if (devices.isPresent()) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter text = json ? new PrintWriter(Writer.nullWriter()) : out;
        MoeMeshRun run =
            new MoeMeshRun(
                job, devices.get(), library, compiling(), planning, workers, text, trace);
        boolean passed = run.run(source);
        if (json && !run.answer().isEmpty()) {
          out.println(JsonAnswer.text(run.answer().put("passed", passed)));
          out.flush();
        }
        return passed ? 0 : 1;
      }
      MachineLimits before = limits(workers, progress);
      MoeOutcome outcome =
          new MoeRun(job, compiling(), source, workers, progress).run(WARM_UP_SECONDS);
      MachineLimits limits = before.orBetter(limits(workers, progress));
      progress.end();
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(MoeJson.of(outcome, limits));
      } else {
        MoeReport.print(outcome, limits, out);
      }
      out.flush();
      if (html.isPresent()) {
        TextFiles.write(html.get(), MoePage.of(outcome));
      }
      return outcome.passed() ? 0 : 1;
    }
  }

  /** Checks the page's file before the seconds of work. */
  private void checkPage(Optional<Mesh> devices) throws IOException {
    if (html.isPresent() && devices.isPresent()) {
      throw usageError(
          spec,
          "--html: must be given without --mesh, got both; shardsum plan --html"
              + " shows a plan on a mesh");
    }
    if (html.isPresent()) {
      OutputFile.checkText("--html", html.get());
    }
  }

  private CompileOptions compiling() {
    CompileOptions options = CompileOptions.defaults();
    return backends.isReproducible() ? options.withReproducible() : options;
  }

  private static MachineLimits limits(Workers workers, Progress progress) {
    progress.begin("measuring the machine", 1);
    return MachineLimits.measure(workers);
  }

  private MoeJob job() {
    try {
      MoeJob job =
          new MoeJob(
              experts,
              group,
              model,
              hidden,
              options(),
              activation,
              biased,
              backward,
              seed,
              threads.count(),
              passes);
      job.checkRoute();
      job.checkMemory(Runtime.getRuntime().maxMemory());
      return job;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private RouteOptions options() {
    RouteOptions options = route.map(RouteOptions::parse).orElse(MoeJob.paper(Capacity.factor(1)));
    boolean noted = route.isPresent() && route.get().contains("capacity=");
    if ((noted ? 1 : 0) + (capacityFactor.isPresent() ? 1 : 0) + (dropless ? 1 : 0) > 1) {
      throw new IllegalArgumentException(
          "capacity: must be given once, by --capacity-factor, --dropless or in --route, got two");
    }
    RouteOptions.Builder builder = options.toBuilder();
    capacityFactor.map(MoeJob::capacity).ifPresent(builder::capacity);
    if (dropless) {
      builder.capacity(Capacity.largestLoad());
    }
    return builder.build();
  }

  private MoeTextSource source(Workers workers, Progress progress) throws IOException {
    if (text.isPresent()) {
      return MoeTextSource.open(text.get());
    }
    progress.begin("reading the JDK's names", MoeSampleText.languageCount());
    MoeSampleText names = MoeSampleText.gather(workers, progress::advance);
    progress.end();
    return new MoeTextSource.InMemory(
        format(
            "names of languages, countries and currencies in %d languages, from the JDK",
            names.languages()),
        names.bytes());
  }
}
