package io.github.shardsum.cli.common;

import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.StepSpan;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --trace} of commands that run on a mesh, a mixin. */
public final class TraceOption {
  /** Number of traced runs, of which one is written. */
  private static final int RUNS = 5;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Run five times more (train traces its own steps), and write when each device ran each step of"
              + " the plan, with the predicted time, as JSON that Perfetto and chrome://tracing open."
              + " Process p > 0 of a job writes FILE.p, of its own devices.")
  private Optional<Path> file = Optional.empty();

  private Optional<PlanOptions> prices = Optional.empty();

  /** For picocli. */
  public TraceOption() {}

  /** Whether {@code --trace} is given. */
  public boolean isGiven() {
    return file.isPresent();
  }

  /**
   * Measures the time of collectives on this machine before a trace; all processes of a job call
   * it.
   *
   * @param mesh the devices of the trace
   * @param workers threads, kept open by the caller
   */
  public void calibrate(Mesh mesh, Workers workers) {
    if (isGiven() && mesh.size() > 1) {
      try (Collectives collectives =
          Collectives.open(mesh, workers, CollectiveOptions.defaults())) {
        LinkFit fit = MachineProbe.measure(collectives);
        prices =
            Optional.of(
                PlanOptions.defaults().withTopology(MachineProbe.topology(fit, mesh.size())));
      }
    }
  }

  /**
   * Runs a few times, after a run that let the JVM compile: the fastest run is written, and the
   * fastest of the others measures this machine's speed.
   *
   * @param executable compiled to be timed
   * @param run runs it once
   * @param process the place of this process among those of the job
   * @param out gets a summary on the first process
   */
  public void write(MeshExecutable executable, Runnable run, int process, PrintWriter out)
      throws IOException {
    List<List<StepSpan>> all = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      run.run();
      all.add(executable.spans());
    }
    all.sort(Comparator.comparingLong(TraceOption::nanoseconds));
    write(
        new StepTrace(executable.plan().plan(), prices(), all.get(1), all.getFirst()),
        process,
        out);
  }

  /** From the first step's begin to the last one's end. */
  private static long nanoseconds(List<StepSpan> spans) {
    long begin = spans.stream().mapToLong(StepSpan::begin).min().orElse(0);
    return spans.stream().mapToLong(StepSpan::end).max().orElse(0) - begin;
  }

  /** If there was only one run, it predicts itself. */
  private StepTrace trace(MeshExecutable of) {
    List<StepSpan> before = of.spansBefore().isEmpty() ? of.spans() : of.spansBefore();
    return new StepTrace(of.plan().plan(), prices(), before, of.spans());
  }

  private PlanOptions prices() {
    return prices.orElseGet(PlanOptions::defaults);
  }

  private void write(StepTrace trace, int process, PrintWriter out) throws IOException {
    Path path = file.orElseThrow();
    TextFiles.write(
        process == 0 ? path : path.resolveSibling(path.getFileName() + "." + process),
        trace.json());
    if (process == 0) {
      out.print(trace.summary());
      out.flush();
    }
  }

  /**
   * Writes the last run of the largest of some programs, predicted by the run before it.
   *
   * @param timed compiled to be timed
   * @param process the place of this process among those of the job
   * @param out gets a summary on the first process
   */
  public void write(List<MeshExecutable> timed, int process, PrintWriter out) throws IOException {
    Optional<MeshExecutable> largest =
        timed.stream()
            .filter(each -> !each.spans().isEmpty())
            .max(Comparator.comparingInt(each -> each.plan().plan().steps().size()));
    if (largest.isPresent()) {
      write(trace(largest.get()), process, out);
    }
  }
}
