package io.github.shardsum.cli.common;

import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.StepSpan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** {@code --trace} of commands that run on a mesh, a mixin. */
public final class TraceOption {
  /** The least number of traced runs; one of them is written. */
  private static final int RUNS = 5;

  /** The largest number of traced runs, if they are short. */
  private static final int MOST_RUNS = 50;

  /**
   * Nanoseconds of runs after which the JVM has compiled the code. Later runs are made only to
   * reach the least number.
   */
  private static final long ENOUGH = 1_000_000_000;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Write when each device ran each step of the plan, with the predicted time, as JSON that"
              + " Perfetto and chrome://tracing open. For this, train traces its own last step;"
              + " other commands run for about a second more, at least five times. Under shardsum"
              + " launch, process p > 0 writes FILE.p for its own devices.")
  private Optional<Path> file = Optional.empty();

  private Optional<PlanOptions> prices = Optional.empty();

  /** Whether {@code --trace} is given. */
  public boolean isGiven() {
    return file.isPresent();
  }

  /**
   * Checks beforehand that the file can be written.
   *
   * @param made a folder that the command makes for other files before it writes the trace
   * @throws IOException if the file's folder does not exist and will not be made
   * @throws IllegalArgumentException if this user may not write to the file or its folder
   */
  public void check(Optional<Path> made) throws IOException {
    if (file.isPresent() && !isMadeLater(made, file.get())) {
      OutputFile.checkText("--trace", file.get());
    }
  }

  /** Whether the folder of a file is missing, and is the given one or one of its parents. */
  private static boolean isMadeLater(Optional<Path> made, Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    return folder != null
        && Files.notExists(folder)
        && made.filter(each -> each.toAbsolutePath().normalize().startsWith(folder)).isPresent();
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
   * Runs for about a second, at least five times, while the JVM compiles: the fastest run is
   * written, and the fastest of the others measures this machine's speed. The time of a run is that
   * of its slowest process, so all processes of a job write the same run.
   *
   * @param executable compiled to be timed
   * @param run runs the executable once
   * @param collectives those of the job; all its processes call this
   * @param out gets a summary on the first process
   */
  public void write(
      MeshExecutable executable, Runnable run, Collectives collectives, PrintWriter out)
      throws IOException {
    List<List<StepSpan>> all = new ArrayList<>();
    List<Long> nanoseconds = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    long spent = 0;
    while (all.size() < RUNS || (spent < ENOUGH && all.size() < MOST_RUNS)) {
      run.run();
      order.add(all.size());
      all.add(executable.spans());
      // All processes have the same number, so they end after the same run.
      long took = slowest(collectives, nanoseconds(executable.spans()));
      nanoseconds.add(took);
      spent += took;
    }
    order.sort(Comparator.comparingLong(nanoseconds::get));
    List<StepSpan> fastest = all.get(order.getFirst());
    List<StepSpan> next = all.get(order.get(1));
    write(
        new StepTrace(executable.plan().plan(), prices(), next, fastest),
        OptionalInt.of(order.getFirst() + 1),
        collectives.process(),
        out);
  }

  /** The largest of the numbers that the processes of a job have; all processes call this. */
  private static long slowest(Collectives of, long own) {
    if (of.processes() == 1) {
      return own;
    }
    String[] axes = of.mesh().axisNames().toArray(String[]::new);
    Tensor number = Tensor.scalar(DType.I64, own);
    return of.spmd(device -> device.allReduce(number, Reduction.MAX, axes)).getFirst().getLong();
  }

  /** The time from the start of the first step to the end of the last one. */
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

  private void write(StepTrace trace, OptionalInt run, int process, PrintWriter out)
      throws IOException {
    Path path = file.orElseThrow();
    TextFiles.write(
        process == 0 ? path : path.resolveSibling(path.getFileName() + "." + process),
        trace.json(run));
    if (process == 0) {
      out.print(trace.summary());
      out.flush();
    }
  }

  /**
   * Writes the last run of the largest program, predicted by the run before it.
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
      write(trace(largest.get()), OptionalInt.empty(), process, out);
    }
  }
}
