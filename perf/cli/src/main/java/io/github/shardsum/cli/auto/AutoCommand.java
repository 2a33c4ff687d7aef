package io.github.shardsum.cli.auto;

import io.github.shardsum.assign.Assignment;
import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.assign.AssignmentSolver;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum auto}: the cheapest strategies of a graph within a memory limit. */
@Command(
    name = "auto",
    description = {
      "%nChoose a strategy for each node of a graph: least cost within a memory limit.",
      "%nPrinted are the cost, a proven lower bound of any choice's cost, the gap between the two,"
          + " the peak of memory, and as the last line the strategies' indices.%n"
    })
public final class AutoCommand implements Callable<Integer> {
  /** Seconds of the clock that are left for the answer. */
  private static final double RESERVE = 0.03;

  @Spec private CommandSpec spec;

  @Option(
      names = "--iopddl",
      required = true,
      paramLabel = "FILE",
      description = "A problem of the IOPDDL contest, .json or .json.gz; - for standard input.")
  private Path file = Path.of("");

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Time to solve it in, reading included (default: ${DEFAULT-VALUE}). It sets the amount of"
              + " work, so that two runs give the same answer.")
  private double seconds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description = "1 or 2 (default: ${DEFAULT-VALUE}); the answer depends on it.")
  private int threads;

  @Override
  public Integer call() throws IOException {
    long begun = System.nanoTime();
    checkOptions();
    AssignmentProblem problem = ProblemReader.read(file);
    double clock = (1 - RESERVE) * seconds - (System.nanoTime() - begun) / 1e9;
    Assignment answer =
        AssignmentSolver.solve(
            problem, new AssignmentOptions(seconds, Math.max(clock, 0.1), threads));
    return print(problem, answer);
  }

  private void checkOptions() {
    try {
      new AssignmentOptions(seconds, seconds, threads);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), "--" + wrong.getMessage());
    }
  }

  private int print(AssignmentProblem problem, Assignment answer) {
    PrintWriter out = spec.commandLine().getOut();
    if (answer.isStoppedByClock()) {
      out.println("stopped by the clock: another run may give another answer");
    }
    if (!answer.isFound()) {
      boolean proven = answer.bound() >= AssignmentProblem.IMPOSSIBLE;
      throw new IllegalArgumentException(
          proven
              ? "no choice is possible within the limit of " + problem.limit() + " bytes (proven)"
              : "no choice within the limit of " + problem.limit() + " bytes was found");
    }
    out.println("cost   " + answer.cost());
    out.println("bound  " + answer.bound() + (answer.gap() == 0 ? " (the cost is optimal)" : ""));
    out.println("gap    " + String.format(Locale.ROOT, "%.4f %%", 100 * answer.gap()));
    out.println("peak   " + answer.peak() + " of " + problem.limit() + " bytes");
    out.println(answer.choice());
    return 0;
  }
}
