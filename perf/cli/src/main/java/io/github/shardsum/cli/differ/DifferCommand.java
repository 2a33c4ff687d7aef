package io.github.shardsum.cli.differ;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OwnJvm;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Differ;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Disagreement.Outcome;
import io.github.shardsum.testkit.ProgramCase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code shardsum differ}: random sharded programs on a plugin and on our engine. */
@Command(
    name = "differ",
    customSynopsis =
        "shardsum differ [--plugin PATH | --runner COMMAND | --against reference] [OPTION ...]",
    description = {
      "%nRun random sharded programs on a PJRT plugin, or on any runner, and on our engine, and say"
          + " where results differ. A runner is a process that answers a program a line;"
          + " docs/differ.md has the lines, perf/runners has runners of other libraries.",
      "%nValues are small integers, so that arithmetic is exact in any order and every"
          + " bit must be equal. A program with a difference is made small and printed as"
          + " one JSON object on a line: the program, its inputs, its StableHLO, both results,"
          + " and the one that agrees with the reference evaluator. Further programs of the same"
          + " kind of difference are counted in the summary, with their seeds. A plugin runs in a"
          + " separate process, since a program may crash it.",
      "%nExit status: 0 if nothing differs, 1 if something does, 2 for a wrong command"
          + " line, or a plugin or runner that does not start.%n"
    })
public final class DifferCommand implements Callable<Integer> {
  private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,8})(s|m|h|)");

  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin = new PluginChoice();

  @Option(
      names = "--runner",
      paramLabel = "COMMAND",
      description = "The command of a runner in place of a plugin, for the shell.")
  private Optional<String> runner = Optional.empty();

  /** The backends to compare. */
  private enum Against {
    ENGINE,
    REFERENCE
  }

  @Option(
      names = "--against",
      paramLabel = "NAME",
      description =
          "engine compares with our sharded engine, reference with the reference evaluator; without"
              + " --plugin and --runner, reference compares it with our engine (default:"
              + " ${DEFAULT-VALUE}).")
  private Against against = Against.ENGINE;

  @Option(
      names = "--against-plugin",
      paramLabel = "PATH",
      description = "Compare with this plugin, such as another version, in place of --against.")
  private Optional<Path> againstPlugin = Optional.empty();

  @Option(
      names = "--against-runner",
      paramLabel = "COMMAND",
      description = "Compare with this runner in place of --against.")
  private Optional<String> againstRunner = Optional.empty();

  @Option(
      names = "--serve",
      description =
          "Be a runner: answer the programs of standard input with our engine or the plugin.")
  private boolean serve;

  @Option(
      names = "--operations",
      paramLabel = "NAME",
      split = ",",
      description =
          "Run these operations alone, such as einsum,pad; the results of others are inputs.")
  private Set<String> operations = Set.of();

  @Option(
      names = "--even",
      description = "Draw inputs whose labels have sizes that the number of devices divides.")
  private boolean even;

  @Option(
      names = "--programs",
      paramLabel = "N",
      description = "Number of programs to run (default: ${DEFAULT-VALUE}).")
  private int programs = 1000;

  @Option(
      names = "--mesh",
      paramLabel = "x=4,y=2",
      description =
          "The mesh of the devices; layouts are drawn at random on it (default: ${DEFAULT-VALUE}).")
  private String mesh = "x=4,y=2";

  @Option(
      names = "--regions",
      description =
          "Run programs with manual regions over axes of the mesh, which may have at most 64"
              + " devices.")
  private boolean regions;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of the first program; each next program has the next seed (default:"
              + " ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--time-limit",
      paramLabel = "TIME",
      description = "Stop after this time (90s, 10m or 2h), even if not all programs have run.")
  private Optional<String> timeLimit = Optional.empty();

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description =
          "Restart a plugin or runner that has not answered after this time (default:"
              + " ${DEFAULT-VALUE}).")
  private int deadline = 120;

  @Option(
      names = "--json",
      description = "Also print the summary as JSON, as the last object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (programs < 1 || deadline < 1) {
      throw usageError(
          spec, "--programs, --deadline: must be at least 1, got " + programs + ", " + deadline);
    }
    if (plugin.isNamed() && runner.isPresent()) {
      throw usageError(spec, "--runner: must be given without --plugin");
    }
    if (againstPlugin.isPresent() && againstRunner.isPresent()) {
      throw usageError(spec, "--against-runner: must be given without --against-plugin");
    }
    Mesh devices = MeshOptions.ofRun(spec, mesh);
    if ((regions || even) && devices.size() > 64) {
      throw usageError(
          spec,
          (regions ? "--regions" : "--even")
              + ": the mesh must have at most 64 devices, got "
              + devices.size());
    }
    if (serve) {
      return serve(devices);
    }
    Optional<Duration> limit = timeLimit.map(this::duration);
    try (Collectives collectives = Collectives.open(devices)) {
      Differ.Runner ours = ours(collectives);
      if (isOursTested()) {
        return search(Differ.of(ours), devices, limit, List.of());
      }
      try (RunnerProcess theirs =
          runner.isPresent() ? runner(runner.get(), devices) : plugin(library(), devices)) {
        Differ differ = Differ.of(theirs);
        if (againstPlugin.isEmpty() && againstRunner.isEmpty()) {
          differ = against == Against.ENGINE ? differ.against(ours) : differ;
          return search(differ, devices, limit, List.of(theirs));
        }
        try (RunnerProcess other = other(devices)) {
          return search(differ.against(other), devices, limit, List.of(theirs, other));
        }
      }
    }
  }

  private static Differ.Runner ours(Collectives collectives) {
    return Differ.running(
        MeshBackend.of(collectives, Kernels.none(), PlanOptions.defaults().withReplication()));
  }

  private boolean isOursTested() {
    return against == Against.REFERENCE && !plugin.isNamed() && runner.isEmpty();
  }

  private int serve(Mesh devices) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintWriter out = spec.commandLine().getOut();
    if (!plugin.isNamed()) {
      try (Collectives collectives = Collectives.open(devices)) {
        RunnerServer.serve("shardsum", ours(collectives), devices, in, out);
        return 0;
      }
    }
    try (PjrtClient client = PluginChoice.client(PjrtPlugin.open(library()), devices.size());
        PjrtBackend backend = PjrtBackend.of(client, devices)) {
      RunnerServer.serve("pjrt", Differ.running(backend), devices, in, out);
    } catch (IllegalArgumentException | PjrtException refused) {
      throw usageError(spec, String.valueOf(refused.getMessage()));
    }
    return 0;
  }

  private RunnerProcess other(Mesh devices) {
    return againstPlugin.isPresent()
        ? plugin(againstPlugin.get(), devices)
        : runner(againstRunner.orElseThrow(), devices);
  }

  /** A plugin is a runner of this command's own. */
  private RunnerProcess plugin(Path library, Mesh devices) {
    List<String> command = new ArrayList<>(List.of(OwnJvm.java()));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    // The output already has the report of a dying JVM; a file in the user's folder would be of no
    // use.
    command.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(OwnJvm.main(OwnJvm.MAIN));
    command.addAll(List.of("differ", "--serve", "--mesh", mesh));
    command.addAll(List.of("--plugin", library.toAbsolutePath().toString()));
    return started("plugin " + library, command, devices);
  }

  private RunnerProcess runner(String command, Mesh devices) {
    return started("runner", List.of("sh", "-c", "exec " + command), devices);
  }

  /** Status 1 means that something differs, so a missing plugin or runner is status 2. */
  private RunnerProcess started(String name, List<String> command, Mesh devices) {
    try {
      return new RunnerProcess(name, command, devices, Duration.ofSeconds(deadline));
    } catch (IOException refused) {
      throw usageError(spec, String.valueOf(refused.getMessage()));
    }
  }

  /** The search of programs that runners say that they can run. */
  private Differ able(Differ differ, List<RunnerProcess> runners) {
    Set<String> names = operations;
    Differ able = even ? differ.even() : differ;
    Set<DType> dtypes = EnumSet.allOf(DType.class);
    for (RunnerProcess each : runners) {
      RunnerProcess.Abilities can = each.abilities();
      able = can.even() ? able.even() : able;
      dtypes.removeIf(dtype -> !can.dtypes().isEmpty() && !can.dtypes().contains(dtype));
      if (!can.operations().isEmpty()) {
        names = names.isEmpty() ? can.operations() : names;
        if (names.stream().noneMatch(can.operations()::contains)) {
          throw usageError(
              spec, "--operations: must have one of " + new TreeSet<>(can.operations()));
        }
        names = names.stream().filter(can.operations()::contains).collect(Collectors.toSet());
      }
    }
    return able.operations(names).dtypes(dtypes);
  }

  private Path library() {
    try {
      return plugin.find(System.getenv()).library();
    } catch (PjrtException | IllegalArgumentException none) {
      throw usageError(spec, String.valueOf(none.getMessage()));
    }
  }

  private Duration duration(String text) {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      throw usageError(spec, "--time-limit: must be like 90s, 10m or 2h, got " + text);
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "h" -> Duration.ofHours(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofSeconds(count);
    };
  }

  private int search(
      Differ differ, Mesh devices, Optional<Duration> limit, List<RunnerProcess> runners) {
    Differ search;
    try {
      search = able(differ.on(devices).programs(programs).seed(seed), runners);
      search = regions ? search.withRegions() : search;
    } catch (IllegalArgumentException unable) {
      throw usageError(spec, "what the runner can run: " + unable.getMessage());
    }
    search = limit.isPresent() ? search.timeLimit(limit.get()) : search;
    PrintWriter err = spec.commandLine().getErr();
    DifferReport report = new DifferReport(spec.commandLine().getOut(), err, devices, seed, json);
    Differ.Summary summary;
    try (LongRun _ = LongRun.start(err, true, "shardsum differ", report::tried, programs)) {
      summary = search.progress(report::tried).run(found -> report.add(found, right(found)));
      report.skipped(summary.skipped());
    } finally {
      report.close();
    }
    return summary.disagreements() == 0 ? 0 : 1;
  }

  /** The side whose results equal those of the reference evaluator. */
  private static String right(Disagreement found) {
    boolean expected = isReference(found.smallest(), found.expected());
    boolean given = isReference(found.smallest(), found.given());
    return expected ? "expected" : given ? "got" : "neither";
  }

  private static boolean isReference(ProgramCase smallest, Outcome outcome) {
    return outcome.failure().isEmpty()
        && BackendCheck.difference(new ReferenceBackend(), smallest, outcome.outputs()).isEmpty();
  }
}
