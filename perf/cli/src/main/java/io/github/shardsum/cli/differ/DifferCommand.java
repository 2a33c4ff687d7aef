package io.github.shardsum.cli.differ;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Differ;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Disagreement.Outcome;
import io.github.shardsum.testkit.ProgramCase;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum differ}: random sharded programs on a plugin and on our engine. */
@Command(
    name = "differ",
    customSynopsis = "shardsum differ [--plugin PATH | --against reference] [OPTION ...]",
    description = {
      "%nRun random sharded programs on a PJRT plugin and on our engine, and say where results"
          + " differ.",
      "%nValues are small integers, so that arithmetic is exact in any order and every"
          + " bit must be equal. A program with a difference is made small and printed as"
          + " one JSON object on a line: the program, its inputs, its StableHLO, both results,"
          + " and the one that agrees with the reference evaluator. Further programs of the same"
          + " kind of difference are counted in the summary, with their seeds. The plugin runs in a"
          + " separate process, since a program may crash it.",
      "%nExit status: 0 if nothing differs, 1 if something does, 2 for a wrong command"
          + " line or a plugin"
          + " that does not start.%n"
    })
public final class DifferCommand implements Callable<Integer> {
  private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,8})(s|m|h|)");

  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin = new PluginChoice();

  /** The backends to compare. */
  private enum Against {
    ENGINE,
    REFERENCE
  }

  @Option(
      names = "--against",
      paramLabel = "NAME",
      description =
          "engine compares a plugin with our sharded engine; reference compares our sharded"
              + " engine with the reference evaluator, without a plugin (default:"
              + " ${DEFAULT-VALUE}).")
  private Against against = Against.ENGINE;

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
          "Restart a plugin that has not answered after this time (default: ${DEFAULT-VALUE}).")
  private int deadline = 120;

  @Option(
      names = "--json",
      description = "Also print the summary as JSON, as the last object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (programs < 1 || deadline < 1) {
      throw wrong("--programs, --deadline: must be at least 1, got " + programs + ", " + deadline);
    }
    if (plugin.isNamed() && against == Against.REFERENCE) {
      throw wrong("--against reference: must be given without --plugin");
    }
    Mesh devices = MeshOptions.ofRun(spec, mesh);
    if (regions && devices.size() > 64) {
      throw wrong("--regions: the mesh must have at most 64 devices, got " + devices.size());
    }
    Optional<Duration> limit = timeLimit.map(this::duration);
    try (Collectives collectives = Collectives.open(devices)) {
      Differ.Runner ours =
          Differ.running(
              MeshBackend.of(
                  collectives, Kernels.none(), PlanOptions.defaults().withReplication()));
      if (against == Against.REFERENCE) {
        return search(Differ.of(ours), devices, limit);
      }
      try (DifferPluginProcess theirs = started(library(), devices)) {
        return search(Differ.of(theirs).against(ours), devices, limit);
      }
    }
  }

  /** Status 1 means that something differs, so a missing plugin is status 2. */
  private DifferPluginProcess started(Path library, Mesh devices) {
    try {
      return new DifferPluginProcess(library, devices, Duration.ofSeconds(deadline));
    } catch (IOException refused) {
      throw wrong(String.valueOf(refused.getMessage()));
    }
  }

  private Path library() {
    try {
      return plugin.find(System.getenv()).library();
    } catch (PjrtException | IllegalArgumentException none) {
      throw wrong(String.valueOf(none.getMessage()));
    }
  }

  private Duration duration(String text) {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      throw wrong("--time-limit: must be like 90s, 10m or 2h, got " + text);
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "h" -> Duration.ofHours(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofSeconds(count);
    };
  }

  private int search(Differ differ, Mesh devices, Optional<Duration> limit) {
    Differ search = differ.on(devices).programs(programs).seed(seed);
    search = regions ? search.withRegions() : search;
    search = limit.isPresent() ? search.timeLimit(limit.get()) : search;
    PrintWriter err = spec.commandLine().getErr();
    DifferReport report = new DifferReport(spec.commandLine().getOut(), err, devices, seed, json);
    Differ.Summary summary;
    try (LongRun _ = LongRun.start(err, true, "shardsum differ", report::tried, programs)) {
      summary = search.progress(report::tried).run(found -> report.add(found, right(found)));
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

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
