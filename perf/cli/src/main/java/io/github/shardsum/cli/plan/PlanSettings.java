package io.github.shardsum.cli.plan;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.ByteCount;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.JsonJobs;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.OverlapOptions;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.topology.Topologies;
import io.github.shardsum.topology.Topology;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Options of commands that plan. */
final class PlanSettings {
  /** Options that jobs do not read; the last two are of {@code plan} alone. */
  private static final List<String> OF_ONE_PLAN =
      List.of("--mesh", "--sizes", "--html", "--diff", "--annotate", "--what-if");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--mesh",
      paramLabel = "AXES",
      defaultValue = "",
      description = "The mesh, as in x=2,y=2 (default: one device).")
  private String mesh = "";

  @Option(
      names = "--sizes",
      paramLabel = "SIZES",
      defaultValue = "",
      description = "The size of each label, as in m=48,k=100.")
  private String sizes = "";

  @Option(
      names = "--topology",
      paramLabel = "NAME",
      description = "Price collectives on this network; shardsum topology lists the networks.")
  private Optional<String> topology = Optional.empty();

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = ByteCount.Converter.class,
      description =
          "The most bytes that a device may hold at any time, its operands included, as in 4096,"
              + " 8MB or 1.5GiB; the plan is searched for within this limit.")
  private Optional<Long> limit = Optional.empty();

  @Option(names = "--json", description = "Print the plan as JSON instead of a table.")
  private boolean json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write the plan as one HTML page without script.")
  private Optional<Path> html = Optional.empty();

  @Mixin private OverlapOptions overlap = new OverlapOptions();

  @Option(
      names = "--reproducible",
      description =
          "Keep one order of floating-point sums. A label whose split would change the order stays"
              + " whole, and the plan says so.")
  private boolean reproducible;

  @Option(
      names = "--diff",
      paramLabel = "OLD.json",
      description =
          "Print the steps that were added, removed, moved or changed their price"
              + " since a plan that --json wrote; the exit status is 1 if this plan costs"
              + " more.")
  private Optional<Path> old = Optional.empty();

  @Option(
      names = "--run",
      description =
          "Run the plan in this process on integers, and compare the results with a run without"
              + " layouts.")
  private boolean run;

  @Option(
      names = "--certify",
      description = "Have an independent checker replay the plan on symbolic shards.")
  private boolean certify;

  @Option(
      names = "--jobs",
      paramLabel = "FILE",
      description =
          "Plan the jobs in a file of JSON lines (- for standard input); print one answer a line.")
  private Optional<Path> jobs = Optional.empty();

  @Option(
      names = "--beside-xla",
      paramLabel = "PLUGIN",
      description =
          "Also compile the program with a PJRT plugin, such as an XLA CPU plugin, and compare the"
              + " collectives that XLA chose with those of the plan.")
  private Optional<Path> plugin = Optional.empty();

  @Mixin private ProgressOption progress = new ProgressOption();

  Optional<Path> jobs() {
    return jobs;
  }

  /** Whether floating-point sums keep one order. */
  boolean isReproducible() {
    return reproducible;
  }

  /** The checks of the command line; a job may ask for a run in addition. */
  PlanChecks checks(boolean runToo) {
    return new PlanChecks(run || runToo, certify, plugin);
  }

  /**
   * The options of a job.
   *
   * @throws IllegalArgumentException if the network has no slice with this number of devices
   */
  PlanOptions options(Mesh of) {
    return options(topology.map(name -> Topologies.of(name, of.size())));
  }

  private PlanOptions options(Optional<Topology> network) {
    PlanOptions options = overlap.of(PlanOptions.defaults());
    if (reproducible) {
      options = options.withSums(SumOrder.TREE);
    }
    if (network.isPresent()) {
      options = options.withTopology(network.get());
    }
    return limit.isPresent() ? options.withMemoryLimit(limit.get()) : options;
  }

  PlanRequest request() {
    Mesh devices = OptionValue.of(spec, "--mesh", () -> PlanRequest.mesh(mesh));
    return new PlanRequest(
        devices,
        OptionValue.of(spec, "--sizes", () -> PlanRequest.sizes(sizes)),
        options(
            topology.map(
                name ->
                    OptionValue.of(
                        spec, "--topology", () -> Topologies.of(name, devices.size())))));
  }

  /** Plans the jobs of the file that {@code --jobs} names. */
  int runJobs(Function<JsonNode, PlanTarget> target) throws IOException {
    checkJobs();
    new JsonJobs(spec.commandLine().getOut(), false, new PlanJobs(this, target)::run)
        .run(jobs.orElseThrow(), progress);
    return 0;
  }

  /**
   * Checks the command line of jobs. A job has its own mesh and sizes, and its answer is a line. An
   * unknown network is refused once, not by each job.
   */
  private void checkJobs() {
    List<String> others =
        OF_ONE_PLAN.stream().filter(spec.commandLine().getParseResult()::hasMatchedOption).toList();
    if (!others.isEmpty()) {
      throw usageError(
          spec,
          "--jobs: must be given without options of one plan, got " + String.join(", ", others));
    }
    if (topology.isPresent() && !Topologies.names().contains(topology.get())) {
      throw usageError(
          spec,
          "--topology: must be one of " + Topologies.names() + ", got \"" + topology.get() + "\"");
    }
  }

  /**
   * Where sizes of the command line do not fit the labels, the sizes are at fault, not the labels.
   */
  <T> T ofSizes(Supplier<T> of) {
    try {
      return of.get();
    } catch (PlanSizesException wrong) {
      throw new ParameterException(spec.commandLine(), "--" + wrong.getMessage(), wrong);
    }
  }

  /** Prints the answer and returns the exit status. */
  int print(PlanTarget target, CommandLine line) throws IOException {
    try {
      return printAnswer(target, line);
    } catch (ArithmeticException overflow) {
      throw PlanTarget.beyondCounting(overflow);
    }
  }

  private int printAnswer(PlanTarget target, CommandLine line) throws IOException {
    if (sizes.isBlank() && target.hasLabels()) {
      throw new ParameterException(line, "--sizes SIZES: must be given, got none");
    }
    if (overlap.isGiven() && target instanceof ReshardTarget) {
      throw new ParameterException(
          line,
          "--overlap and --windows: must be given with a program or an equation, got a reshard");
    }
    checkPage();
    PlanOutcome outcome;
    try (LongRun _ = progress.watch("", () -> 0, 0)) {
      outcome = ofSizes(() -> target.plan(request(), checks(false)));
    }
    int status = print(outcome, line);
    writePage(outcome);
    return status;
  }

  /** Checks the page's file before a plan, which may take minutes. */
  private void checkPage() throws IOException {
    if (html.isPresent()) {
      OutputFile.checkText("--html", html.get());
    }
  }

  /** Writes the page after the answer, which a full disk must not lose. */
  private void writePage(PlanOutcome outcome) throws IOException {
    if (html.isPresent()) {
      TextFiles.write(html.get(), outcome.page());
    }
  }

  private int print(PlanOutcome outcome, CommandLine line) throws IOException {
    PrintWriter out = line.getOut();
    if (old.isPresent()) {
      SpmdPlan before = PlanFile.read(old.get());
      boolean isDearer = print(PlanDiff.of(before, outcome.plan(), outcome.options()), line);
      if (!json) {
        printChecks(outcome, out);
      }
      return isDearer || !outcome.equal().orElse(true) ? 1 : 0;
    }
    if (json) {
      ObjectNode answer = JsonAnswer.object();
      PlanJobs.put(outcome, answer);
      out.println(JsonAnswer.text(answer));
    } else {
      out.println(outcome.table());
      printChecks(outcome, out);
    }
    out.flush();
    return outcome.equal().orElse(true) ? 0 : 1;
  }

  private static void printChecks(PlanOutcome outcome, PrintWriter out) {
    outcome.certificate().ifPresent(out::println);
    outcome.beside().ifPresent(beside -> out.print("\n" + beside.table()));
    outcome.equal().ifPresent(equal -> out.println("equal to the unsharded: " + equal));
    out.flush();
  }

  /** Prints how a plan's steps differ from those of another plan; returns the exit status. */
  int printBeside(PlanTarget before, PlanTarget after, CommandLine line) throws IOException {
    if (old.isPresent()) {
      throw new ParameterException(line, "--diff: must be given without --what-if, got both");
    }
    checkPage();
    try (LongRun _ = progress.watch("", () -> 0, 0)) {
      PlanOutcome first = ofSizes(() -> before.plan(request(), checks(false)));
      PlanOutcome second = ofSizes(() -> after.plan(request(), checks(false)));
      boolean _ = print(PlanDiff.of(first.plan(), second.plan(), first.options()), line);
      writePage(second);
    } catch (ArithmeticException overflow) {
      throw PlanTarget.beyondCounting(overflow);
    }
    return 0;
  }

  /** Whether the newer plan is dearer. */
  private boolean print(PlanDiff diff, CommandLine line) {
    PrintWriter out = line.getOut();
    out.println(json ? JsonAnswer.text(diff.json()) : diff.table());
    out.flush();
    return diff.isDearer();
  }
}
