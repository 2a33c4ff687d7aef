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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --trace} of commands that run on a mesh, a mixin. */
public final class TraceOption {
  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Run twice more (train traces its own steps), and write when each device ran"
              + " each step of the plan, with the predicted time, as JSON that Perfetto and"
              + " chrome://tracing open. Each process p > 0 of a job writes FILE.p for its"
              + " own devices.")
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
   * Runs twice, after a run that let the JVM compile: the first run measures this machine's speed,
   * the second is written.
   *
   * @param executable compiled to be timed
   * @param run runs it once
   * @param process the place of this process among those of the job
   * @param out gets a summary on the first process
   */
  public void write(MeshExecutable executable, Runnable run, int process, PrintWriter out)
      throws IOException {
    run.run();
    List<StepSpan> before = executable.spans();
    run.run();
    write(
        new StepTrace(executable.plan().plan(), prices(), before, executable.spans()),
        process,
        out);
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
   * Writes the last run of the largest of some programs; its times are also the prices of local
   * steps.
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
      List<StepSpan> spans = largest.get().spans();
      write(new StepTrace(largest.get().plan().plan(), prices(), spans, spans), process, out);
    }
  }
}
