package io.github.shardsum.lab.auto;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.assign.Assignment;
import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.assign.AssignmentSolver;
import io.github.shardsum.cli.common.JsonAnswer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code iopddl}: the cheapest strategies of a graph. */
@Command(
    name = "iopddl",
    description = {
      "Choose a strategy for each node of a graph, with the least cost within a memory limit.",
      "Prints the cost, a bound, the gap, the peak, and as the last line the strategies' indices."
    })
public final class IopddlCommand implements Callable<Integer> {
  /** Share of the clock that is kept for the answer. */
  private static final double RESERVE = 0.03;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description =
          "A file with a problem of the IOPDDL contest, .json or .json.gz; - for standard input.")
  private Path file = Path.of("");

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "The amount of work: about that of this many seconds, more on a busy machine (default:"
              + " ${DEFAULT-VALUE}). Two runs with the same N give the same answer.")
  private double seconds;

  @Option(
      names = "--clock",
      paramLabel = "N",
      description =
          "End after this many seconds even if the work is not done, and print that the clock"
              + " stopped it (default: as --seconds).")
  private Optional<Double> clock = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Number of searches, 1 or 2 (default: ${DEFAULT-VALUE}); the answer depends on it.")
  private int threads;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    long begun = System.nanoTime();
    double end = clock.orElse(seconds);
    try {
      AssignmentOptions.defaults().withSeconds(seconds).withClock(end).withThreads(threads);
    } catch (IllegalArgumentException wrong) {
      throw usageError(spec, "--" + wrong.getMessage());
    }
    AssignmentProblem problem = AutoProblemReader.read(file);
    double left = (1 - RESERVE) * end - (System.nanoTime() - begun) / 1e9;
    print(
        problem,
        AssignmentSolver.solve(
            problem,
            AssignmentOptions.defaults()
                .withSeconds(seconds)
                .withClock(Math.max(left, 0.1))
                .withThreads(threads)));
    return 0;
  }

  private void print(AssignmentProblem problem, Assignment answer) {
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
      out.println(json(answer, problem));
      return;
    }
    out.println("cost   " + answer.cost());
    out.println("bound  " + answer.bound() + (answer.gap() == 0 ? " (the cost is optimal)" : ""));
    out.println("gap    " + format("%.4f %%", 100 * answer.gap()));
    out.println("peak   " + answer.peak() + " of " + problem.limit() + " bytes");
    out.println(answer.choice());
  }

  /**
   * {@code {"cost":..,"bound":..,"gap":..,"peak":..,"limit":..,"stoppedByClock":..,"choice":[..]}}.
   */
  private static String json(Assignment answer, AssignmentProblem problem) {
    ObjectNode node = JsonAnswer.object();
    node.put("cost", answer.cost())
        .put("bound", answer.bound())
        .put("gap", answer.gap())
        .put("peak", answer.peak())
        .put("limit", problem.limit())
        .put("stoppedByClock", answer.isStoppedByClock());
    ArrayNode choice = node.putArray("choice");
    answer.choice().forEach(choice::add);
    return JsonAnswer.text(node);
  }
}
