package io.github.shardsum.cli.bench;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.Competitor;
import io.github.shardsum.cli.bench.peer.CompiledLimits;
import io.github.shardsum.cli.bench.peer.Isa;
import io.github.shardsum.cli.bench.peer.PeerVersion;
import io.github.shardsum.cli.bench.peer.Peers;
import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Roofline;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code shardsum bench}: einsums against peers and against the machine's limits. */
@Command(
    name = "bench",
    description = {
      "Time einsums against the machine's limits and the peers found, all interleaved in one run.",
      "Without EQUATION: the listed cases. With EQUATION: only this einsum, with --sizes.",
      "A ratio is a peer's time over Shardsum's, with a paired 95 %% interval."
    })
public final class BenchCommand implements Callable<Integer> {
  /** Share of the heap for our own operands and result. */
  private static final double SHARE_OF_HEAP = 0.7;

  private static final long WINDOW_NANOS = 20_000_000;

  /** Virtual devices whose collectives a page shows. */
  private static final int PAGE_DEVICES = 8;

  /**
   * Length of a timing window under {@code --limits}, where each limit is measured only once: long
   * enough that the JIT finishes within the first windows.
   */
  private static final long LONG_WINDOW_NANOS = 100_000_000;

  private final List<PeerVersion> known = new ArrayList<>();

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "EQUATION",
      description = "An equation, e.g. \"bqhd,bkhd->bhqk\".")
  private Optional<String> equation = Optional.empty();

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "LABEL=SIZE",
      description = "The sizes of EQUATION's labels, e.g. b=4,q=512,h=8,d=64,k=512.")
  private Map<String, Long> sizes = new LinkedHashMap<>();

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only cases whose GROUP/ID contains a match of REGEX, e.g. 'gemm/|tiny'.")
  private Optional<Pattern> filter = Optional.empty();

  @Option(
      names = "--dtype",
      paramLabel = "f32|f64|i32|i64",
      description =
          "Only cases of this dtype. With EQUATION: the dtype of its operands (default: f32).")
  private Optional<String> dtype = Optional.empty();

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description =
          "Time with each of these numbers of threads, for Shardsum and for each peer (default: 1"
              + " and all processors).")
  private List<Integer> threads = new ArrayList<>();

  @Option(names = "--quick", description = "Fewer and shorter rounds, for a first look.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description =
          "Number of rounds (default: 15); fewer take less time, and give wider intervals.")
  private Optional<Integer> many = Optional.empty();

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "Peers to time: ${COMPLETION-CANDIDATES}, or none (default: all that are found).",
      completionCandidates = Peers.Names.class)
  private List<String> peers = new ArrayList<>();

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description =
          "The Python that has NumPy, torch and TBLIS (default: SHARDSUM_PYTHON, or python3).")
  private Optional<String> python = Optional.empty();

  @Option(
      names = "--reproducible",
      description =
          "Also time Shardsum with sums in a fixed order, listed as the peer in-order; its ratio is"
              + " the price of that order.")
  private boolean reproducible;

  @Option(
      names = "--limits",
      description = {
        "Measure only the machine's limits, each next to the same limit in C (compiled by CC,",
        "or cc). Of the other options only --threads has an effect."
      })
  private boolean limits;

  @Option(
      names = "--json",
      description = "Print the results as JSON, and the tables to standard error.")
  private boolean json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description =
          "Also write the tables to FILE, and replace its section for the same instruction set.")
  private Optional<Path> markdown = Optional.empty();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Also write an HTML page with pictures. Its collectives, MoE layer and training step are"
              + " measured too.")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--compare",
      paramLabel = "OLD.json",
      description =
          "Compare with an older --json result: list changes beyond noise; the exit status is 1 if"
              + " a case became slower.")
  private Optional<Path> compare = Optional.empty();

  private final List<BenchPage.Limits> roofs = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    RepeatedOptions.refuse(spec, "--sizes");
    List<Integer> counts = wanted(this::threadCounts);
    if (limits) {
      return limits(wanted(() -> alone(counts)));
    }
    // A bad equation is a bad input; only the values of options are the command line's fault.
    equation.ifPresent(BenchCases::equation);
    List<BenchCase> cases = wanted(this::cases);
    List<String> names = wanted(() -> Peers.chosen(peers));
    InterleavedTimer rounds = wanted(this::rounds);
    checkWritable();
    Optional<JsonNode> old = older();
    BenchReport report =
        new BenchReport(json ? spec.commandLine().getErr() : spec.commandLine().getOut());
    report.begin();
    List<BenchMeasurement> results = new ArrayList<>();
    List<KernelCase.Result> kernels = new ArrayList<>();
    try {
      for (int count : counts) {
        if (!cases.isEmpty()) {
          measure(cases, count, names, rounds, report, results);
        }
        kernels(count, rounds, report, kernels);
      }
    } finally {
      // Results measured before a failure took minutes, so they are written too.
      report.end();
      write(results, kernels, report);
    }
    // The page needs further measurements, which a failed run does not make.
    if (html.isPresent()) {
      page(results, kernels, report);
    }
    if (equation.isEmpty()) {
      report.groups(results);
      report.targets(results, kernels);
    }
    if (old.isPresent()) {
      BenchCompare moved =
          BenchCompare.of(old.get(), JsonMapper.shared().readTree(json(results, kernels, report)));
      moved.print(json ? spec.commandLine().getErr() : spec.commandLine().getOut());
      return moved.lost() ? 1 : 0;
    }
    return 0;
  }

  /** Reads the older result before the minutes of work. */
  private Optional<JsonNode> older() throws IOException {
    if (compare.isEmpty()) {
      return Optional.empty();
    }
    if (equation.isPresent()) {
      throw usageError(
          spec,
          "--compare: must be given without an equation, since it compares listed cases; leave one"
              + " of them out");
    }
    String name = compare.get().toString();
    try (InputStream in = TextFiles.open(compare.get())) {
      JsonNode old = JsonMapper.shared().readTree(in);
      BenchCompare.of(old, old);
      return Optional.of(old);
    } catch (JacksonException bad) {
      throw new IllegalArgumentException(name + ": " + JsonErrors.describe(bad), bad);
    }
  }

  private String json(
      List<BenchMeasurement> results, List<KernelCase.Result> kernels, BenchReport report) {
    return BenchJson.ofCases(content(results, kernels, report, Optional.empty()));
  }

  /** Writes the page. It also shows collectives, which takes some seconds. */
  private void page(
      List<BenchMeasurement> results, List<KernelCase.Result> kernels, BenchReport report)
      throws IOException {
    LinkFit links;
    try (Collectives collectives = Collectives.open(Mesh.of("d", PAGE_DEVICES))) {
      links = MachineProbe.measure(collectives);
    }
    String page = BenchPage.of(content(results, kernels, report, Optional.of(links)));
    OutputFile.write(html.orElseThrow(), page.getBytes(StandardCharsets.UTF_8));
  }

  private BenchPage.Content content(
      List<BenchMeasurement> results,
      List<KernelCase.Result> kernels,
      BenchReport report,
      Optional<LinkFit> links) {
    return new BenchPage.Content(
        results,
        kernels,
        known.stream().distinct().toList(),
        report.machine(),
        report.loads(),
        List.copyOf(roofs),
        links);
  }

  private void write(
      List<BenchMeasurement> results, List<KernelCase.Result> kernels, BenchReport report)
      throws IOException {
    if (json) {
      PrintWriter out = spec.commandLine().getOut();
      out.print(
          equation.isPresent()
              ? BenchJson.ofEquation(equation.get(), results)
              : json(results, kernels, report));
      out.flush();
    }
    if (markdown.isPresent()) {
      String section = BenchMarkdown.section(content(results, kernels, report, Optional.empty()));
      TextFiles.write(
          markdown.get(),
          BenchMarkdown.merged(
              Files.exists(markdown.get()) ? Files.readString(markdown.get()) : "", section));
    }
  }

  private void measure(
      List<BenchCase> cases,
      int count,
      List<String> names,
      InterleavedTimer rounds,
      BenchReport report,
      List<BenchMeasurement> results) {
    try (Workers workers = Workers.of(count);
        Peers found = Peers.start(names, interpreter(), Isa.ofThisJvm(), count)) {
      report.threads(count, found);
      known.addAll(found.found());
      Roofline roof = new Roofline(workers, WINDOW_NANOS);
      InterleavedTimer timer = count == 1 ? rounds : rounds.withPauses();
      List<Competitor> others = new ArrayList<>(found.competitors());
      if (reproducible) {
        others.add(new BenchShardsum(workers, SumOrder.TREE));
      }
      BenchRun run = new BenchRun(timer, workers, roof, others, report::note);
      for (BenchCase subject : cases) {
        results.add(run.measure(subject));
        report.row(results.getLast());
      }
      report.limits(roof, equation.isEmpty() && !quick);
      if (html.isPresent()) {
        roofs.add(new BenchPage.Limits(count, roof.flops(DType.F32), roof.allBytes()));
      }
    }
  }

  private void kernels(
      int count, InterleavedTimer rounds, BenchReport report, List<KernelCase.Result> results) {
    try (Workers workers = Workers.of(count)) {
      for (KernelCase subject : kernelCases()) {
        if (count == 1 || subject.anyThreads()) {
          try {
            results.add(subject.measure(workers, rounds));
            report.kernel(results.getLast());
          } catch (MeasurementException e) {
            report.note(format("%s: %s", subject.path(), e.why()));
          }
        }
      }
    }
  }

  /** The chosen cases of single kernels, which are all in f32. */
  private List<KernelCase> kernelCases() {
    return equation.isPresent() || dtype.filter(name -> !name.equals("f32")).isPresent()
        ? List.of()
        : KernelCases.all().stream().filter(subject -> isChosen(subject.path())).toList();
  }

  private boolean isChosen(String path) {
    return filter.isEmpty() || filter.get().matcher(path).find();
  }

  private InterleavedTimer rounds() {
    if (quick && many.isPresent()) {
      throw new IllegalArgumentException(
          "--rounds: must be given without --quick, which has its own rounds: leave one of them"
              + " out");
    }
    return quick
        ? InterleavedTimer.QUICK
        : many.map(InterleavedTimer::of).orElse(InterleavedTimer.USUAL);
  }

  private List<Integer> alone(List<Integer> counts) {
    if (equation.isPresent() || filter.isPresent() || json || !sizes.isEmpty()) {
      throw new IllegalArgumentException(
          "--limits: must be given without EQUATION, --sizes, --filter and --json, got one of"
              + " them: leave them out");
    }
    return counts;
  }

  private int limits(List<Integer> counts) {
    BenchReport report = new BenchReport(spec.commandLine().getOut());
    report.begin();
    for (int count : counts) {
      try (Workers workers = Workers.of(count)) {
        Roofline roof = new Roofline(workers, LONG_WINDOW_NANOS);
        Map<String, Double> ours = roof.all();
        Map<String, Double> compiled = Map.of();
        try {
          compiled = CompiledLimits.measure(count, roof.footprints());
        } catch (MeasurementException e) {
          report.note("absent: C: " + e.why());
        }
        report.limits(count, ours, compiled);
      }
    }
    report.end();
    return 0;
  }

  private String interpreter() {
    return python.or(() -> Optional.ofNullable(System.getenv("SHARDSUM_PYTHON"))).orElse("python3");
  }

  private List<BenchCase> cases() {
    if (equation.isPresent()) {
      if (filter.isPresent()) {
        throw new IllegalArgumentException(
            "--filter: must be given without an equation, since it chooses from the list: leave one"
                + " of them out");
      }
      BenchCase own = BenchCases.of(equation.get(), sizes, dtype(dtype.orElse("f32")));
      checkMemory(own);
      return List.of(own);
    }
    if (!sizes.isEmpty()) {
      throw new IllegalArgumentException(
          "--sizes: must be given with an equation, got no equation");
    }
    Optional<DType> only = dtype.map(BenchCommand::dtype);
    List<BenchCase> chosen =
        BenchCases.listed().stream()
            .filter(subject -> only.isEmpty() || only.get() == subject.dtype())
            .filter(subject -> isChosen(subject.group() + "/" + subject.id()))
            .toList();
    if (chosen.isEmpty() && kernelCases().isEmpty()) {
      throw wrongArgument(
          "--filter: must be a pattern found in some case's GROUP/ID, got %s; the groups are"
              + " %s",
          filter.map(Pattern::pattern).orElse(""),
          Stream.concat(
                  BenchCases.listed().stream().map(BenchCase::group).distinct(),
                  Stream.of(KernelCase.FUSED, KernelCase.KERNEL))
              .collect(Collectors.joining(", ")));
    }
    chosen.forEach(BenchCommand::checkMemory);
    return chosen;
  }

  private static DType dtype(String name) {
    return switch (name) {
      case "f32" -> DType.F32;
      case "f64" -> DType.F64;
      case "i32" -> DType.I32;
      case "i64" -> DType.I64;
      default ->
          throw new IllegalArgumentException("--dtype: must be f32, f64, i32 or i64, got " + name);
    };
  }

  private static void checkMemory(BenchCase subject) {
    double elements =
        Stream.concat(
                subject.bound().operandShapes().stream(), Stream.of(subject.bound().outputShape()))
            .mapToDouble(shape -> shape.elementCount())
            .sum();
    double most = SHARE_OF_HEAP * Runtime.getRuntime().maxMemory();
    if (elements * subject.dtype().byteSize() > most
        || subject.bound().operandShapes().stream()
            .anyMatch(shape -> shape.elementCount() > Shape.LONGEST_ARRAY)) {
      throw wrongArgument(
          "%s: must have operands and result of at most %.0f MiB and 2^31 - 9 elements"
              + " each, got %.0f MiB: choose smaller sizes, or a larger heap by"
              + " SHARDSUM_JAVA_OPTS=-Xmx...",
          subject.id(), most / (1 << 20), elements * subject.dtype().byteSize() / (1 << 20));
    }
  }

  private List<Integer> threadCounts() {
    int processors = Runtime.getRuntime().availableProcessors();
    List<Integer> counts = threads.isEmpty() ? List.of(1, processors) : threads;
    for (int count : counts) {
      if (count < 1 || count > processors) {
        throw wrongArgument(
            "--threads: must be 1 to %d, the processors here, got %d", processors, count);
      }
    }
    return counts.stream().distinct().toList();
  }

  /** Checks the files before the minutes of work; an older file stays until the end. */
  private void checkWritable() throws IOException {
    if (markdown.isPresent()) {
      OutputFile.checkText("--markdown", markdown.get());
    }
    if (html.isPresent()) {
      OutputFile.checkText("--html", html.get());
    }
  }

  private <T> T wanted(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
