package io.github.shardsum.cli.auto;

import io.github.shardsum.assign.Assignment;
import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.assign.AssignmentSolver;
import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum auto}: the annotations of a program, or the cheapest strategies of a graph. */
@Command(
    name = "auto",
    description = {
      "%nFind the fewest annotations of a program that give the cheapest plan on a mesh.",
      "%nPrints the annotations as plan accepts them, the price of their plan, a"
          + " proven lower bound of the price of any plan, the gap between the two, the peak"
          + " of memory, the runner-up and the checker's certificate of the plan.",
      "%nWith --iopddl, choose a strategy for each node of a graph instead, with the least cost"
          + " within a memory limit. Prints the cost, a bound, the gap, the peak, and as the last"
          + " line the strategies' indices.%n"
    })
public final class AutoCommand implements Callable<Integer> {
  /** Seconds before the clock's end that are kept for the answer. */
  private static final double RESERVE = 0.03;

  /** Options that a graph does not have. */
  private static final List<String> OF_PROGRAMS =
      List.of("--mesh", "--keep", "--split", "--memory-limit", "--topology", "--pareto");

  /** Options that a program does not have. */
  private static final List<String> OF_PROBLEMS = List.of("--clock", "--threads");

  @Spec private CommandSpec spec;

  @Mixin private AutoSettings layouts;

  @Option(
      names = "--iopddl",
      paramLabel = "FILE",
      description =
          "A file with a problem of the IOPDDL contest, .json or .json.gz; - for standard input.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "The amount of work of a search: about that of this many seconds, more on a busy machine"
              + " (default: ${DEFAULT-VALUE}). Two runs with the same N give the same answer.")
  private double seconds;

  @Option(
      names = "--clock",
      paramLabel = "N",
      description =
          "End --iopddl after this many seconds even if its work is not done, and print that the"
              + " clock stopped it (default: as --seconds). With a larger N the work is done on a"
              + " slow machine too.")
  private Optional<Double> clock = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Number of searches of --iopddl, 1 or 2 (default: ${DEFAULT-VALUE}); the answer depends"
              + " on it.")
  private int threads;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    long begun = System.nanoTime();
    checkOptions();
    return file.isPresent() ? solve(file.get(), begun) : find(begun);
  }

  private int solve(Path of, long begun) throws IOException {
    AssignmentProblem problem = AutoProblemReader.read(of);
    double left = (1 - RESERVE) * clock.orElse(seconds) - (System.nanoTime() - begun) / 1e9;
    Assignment answer =
        AssignmentSolver.solve(
            problem, new AssignmentOptions(seconds, Math.max(left, 0.1), threads));
    return print(problem, answer);
  }

  private int find(long begun) throws IOException {
    Mesh mesh =
        layouts
            .mesh()
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "--mesh AXES: must be given, got none"));
    AutoOptions options = layouts.options(mesh, seconds);
    Program program = layouts.program(mesh);
    PrintWriter out = spec.commandLine().getOut();
    if (layouts.isPareto()) {
      List<FoundLayouts> all = Auto.pareto(program, mesh, options);
      if (json) {
        out.println(AutoJson.pareto(all, options.plan()));
      } else {
        AutoReport.pareto(all, options.plan()).forEach(out::println);
      }
      out.flush();
      // After the answer, which a full disk must not lose.
      if (layouts.html().isPresent()) {
        String title = "Plans of " + program.name() + " on mesh " + mesh.notation();
        String page = ParetoPage.html(title, all, options.plan());
        OutputFile.write(layouts.html().get(), page.getBytes(StandardCharsets.UTF_8));
      }
    } else {
      FoundLayouts found = Auto.find(program, mesh, options);
      String certificate = found.plan().certify();
      double took = (System.nanoTime() - begun) / 1e9;
      Map<String, String> kept = layouts.kept();
      if (json) {
        out.println(AutoJson.of(kept, found, options.plan(), took, certificate));
      } else {
        AutoReport.lines(kept, found, options.plan(), took, certificate).forEach(out::println);
      }
    }
    out.flush();
    return 0;
  }

  private void checkOptions() throws IOException {
    RepeatedOptions.refuse(spec, "--keep");
    if (file.isPresent() == layouts.isGiven() || layouts.isBoth()) {
      throw new ParameterException(
          spec.commandLine(),
          "expected one of FILE.program, --model and --iopddl, got "
              + (file.isPresent() || layouts.isGiven() ? "several" : "none"));
    }
    if (layouts.html().isPresent()) {
      if (!layouts.isPareto()) {
        throw new ParameterException(spec.commandLine(), "--html: expected --pareto too, got none");
      }
      OutputFile.checkText("--html", layouts.html().get());
    }
    List<String> others = file.isPresent() ? OF_PROGRAMS : OF_PROBLEMS;
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (others.contains(option.longestName())) {
        throw new ParameterException(
            spec.commandLine(),
            option.longestName()
                + (file.isPresent()
                    ? ": must be given without --iopddl, got both"
                    : ": expected --iopddl too, got none"));
      }
    }
    try {
      new AssignmentOptions(seconds, clock.orElse(seconds), threads);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), "--" + wrong.getMessage());
    }
  }

  private int print(AssignmentProblem problem, Assignment answer) {
    PrintWriter out = spec.commandLine().getOut();
    if (answer.isStoppedByClock() && !json) {
      out.println("stopped by the clock: another run may give another answer");
    }
    if (!answer.isFound()) {
      boolean proven = answer.bound() >= AssignmentProblem.IMPOSSIBLE;
      throw new IllegalArgumentException(
          proven
              ? "no choice is possible within the limit of " + problem.limit() + " bytes (proven)"
              : "no choice within the limit of " + problem.limit() + " bytes was found");
    }
    if (json) {
      out.println(AutoJson.of(answer, problem));
      return 0;
    }
    out.println("cost   " + answer.cost());
    out.println("bound  " + answer.bound() + (answer.gap() == 0 ? " (the cost is optimal)" : ""));
    out.println("gap    " + String.format(Locale.ROOT, "%.4f %%", 100 * answer.gap()));
    out.println("peak   " + answer.peak() + " of " + problem.limit() + " bytes");
    out.println(answer.choice());
    return 0;
  }
}
