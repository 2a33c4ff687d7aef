package io.github.shardsum.cli.train;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.cli.common.BackendOptions;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OpenBackend;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.cli.common.TraceOption;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code shardsum train}: a Transformer with experts that learns to translate to English. */
@Command(
    name = "train",
    description = {
      "%nTrain the GShard paper's Transformer to translate to English, from names and phrases that"
          + " the JDK carries in over a hundred languages.",
      "%nPrints how well the model translates held-back pairs, by family of languages."
          + " docs/corpus.md says how to get sentences that people wrote, for --corpus.%n"
    })
public final class TrainCommand implements Callable<Integer> {
  private static final int MOST_EXPERTS = 1024;
  private static final int MOST_BATCHES = 1024;

  /** The longest time that a process waits for another, which may write a model. */
  private static final Duration DEADLINE = Duration.ofMinutes(30);

  @Spec private CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description =
          "Minutes of training steps (default: 7.5). Data, measurements, checkpoints and"
              + " translations of held-back pairs take more time.")
  private Optional<Double> minutes = Optional.empty();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Number of steps to train, instead of --minutes.")
  private Optional<Long> steps = Optional.empty();

  @Option(
      names = "--until",
      paramLabel = "STEP",
      description =
          "Stop at this step; the steps of earlier calls count too. Without --minutes the time is"
              + " not limited.")
  private Optional<Long> until = Optional.empty();

  @Option(
      names = "--quick",
      description =
          "Run for about a minute in all on two cores: ten languages, 0.4 minutes of training,"
              + " fewer translations.")
  private boolean quick;

  @Option(
      names = "--all",
      description =
          "Train on all pairs and hold none back, for a model to use; its quality is not measured.")
  private boolean whole;

  @Option(
      names = "--experts",
      paramLabel = "E",
      description = "Number of experts in each layer that has experts (default: 16).")
  private Optional<Integer> experts = Optional.empty();

  @Option(
      names = "--slots",
      paramLabel = "FACTOR",
      description =
          "Give each expert slots: FACTOR times the number that even loads would fill. A choice of"
              + " a full expert is dropped (default: the checkpoint's, or no choice is dropped).")
  private Optional<Double> slots = Optional.empty();

  @Option(
      names = "--dense",
      description = "Also train a dense model with as many multiply-adds, for as long.")
  private boolean dense;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "The folder into which the model is written, and the page report.html.")
  private Optional<Path> checkpoint = Optional.empty();

  @Option(
      names = "--resume",
      description = "Continue from the last checkpoint of the folder, if there is one.")
  private boolean resume;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "The file of a page with curves and loads (default: report.html in the --checkpoint"
              + " folder).")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Learn from the pairs in this file instead: each line has language, source and target,"
              + " separated by tabs.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--corpus",
      paramLabel = "DIR",
      description =
          "Learn from the sentences of a folder of shardsum corpus make instead; languages are"
              + " sampled with temperature 5.")
  private Optional<Path> corpus = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of the parameters and of the order of batches (default: the checkpoint's, or 1).")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--sweep",
      description =
          "Compare the dense model and models of 4, 16 and 64 experts with equal multiply-adds,"
              + " with three seeds each, each trained for --minutes or --steps.")
  private boolean sweep;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Option(
      names = "--mesh",
      paramLabel = "MESH",
      description =
          "Train on a mesh, such as d=2,x=2,m=2: sentences are split over d and x, experts over x,"
              + " heads and hidden widths over m; an axis of another name is used like x.")
  private Optional<String> mesh = Optional.empty();

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description =
          "Batches per step, computed one after the other in the memory of one batch; the step uses"
              + " the mean of their gradients (default: 1).")
  private int accumulate = 1;

  @Option(
      names = "--recompute",
      description =
          "Compute activations inside layers again in the backward pass instead of keeping them."
              + " This takes less memory and more time, and gives the same bits on one device, and"
              + " on a mesh with --reproducible.")
  private boolean recompute;

  @Mixin private BackendOptions backends = new BackendOptions();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private ProgressOption bars = new ProgressOption();

  @Mixin private TraceOption trace = new TraceOption();

  @Override
  public Integer call() throws IOException {
    check();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Progress progress = bars.bar(System.getenv());
    TrainJob job =
        new TrainJob(
            minutes,
            steps,
            until,
            experts,
            slots,
            dense,
            checkpoint,
            resume,
            html,
            seed,
            sweep ? Optional.of(TrainExpertSweep.Grid.STANDARD) : Optional.empty(),
            accumulate,
            recompute,
            new TrainJob.Data(data, corpus, quick, whole));
    Optional<Mesh> devices =
        mesh.map(notation -> MeshOptions.ofRun(spec, notation))
            .filter(each -> !each.axisNames().isEmpty());
    devices.ifPresent(this::checkGroups);
    if (trace.isGiven() && (devices.isEmpty() || backends.isPjrt())) {
      throw usageError(
          spec,
          "--trace: must be given with --mesh and --backend local, got another backend or no mesh");
    }
    trace.check(checkpoint);
    List<MeshExecutable> timed = new ArrayList<>();
    try (Workers workers = calibrated(threads.workers(), devices);
        OpenBackend opened =
            backends.open(
                devices,
                workers,
                MoePrograms.kernels(),
                CollectiveOptions.defaults().withDeadline(DEADLINE))) {
      Optional<Training.Placement> placement =
          devices.map(of -> new Training.Placement(MeshAxes.of(of), true));
      // With --json nothing else is printed.
      boolean isTold = opened.isFirst();
      PrintWriter text = json || !isTold ? new PrintWriter(Writer.nullWriter()) : out;
      TrainRun run =
          new TrainRun(
              job,
              workers,
              trace.isGiven() ? opened.timed(timed::add) : opened,
              placement,
              progress,
              text,
              warning -> {
                if (!isTold) {
                  return;
                }
                progress.end();
                err.println("shardsum: " + warning);
                err.flush();
              });
      run.run();
      if (trace.isGiven()) {
        trace.write(timed, opened.process(), err);
      }
      if (json && isTold) {
        out.println(JsonAnswer.text(run.answer()));
      }
      out.flush();
    } finally {
      progress.end();
    }
    return 0;
  }

  /** Refuses a mesh over which no batch can be split, before data is gathered. */
  private void checkGroups(Mesh of) {
    try {
      MeshAxes.of(of).checkGroups(TokenizedPairs.GROUPS);
    } catch (IllegalArgumentException indivisible) {
      throw usageError(spec, "--mesh: " + indivisible.getMessage());
    }
  }

  private Workers calibrated(Workers workers, Optional<Mesh> mesh) {
    mesh.ifPresent(devices -> trace.calibrate(devices, workers));
    return workers;
  }

  private void check() {
    int processes = processes(System.getenv());
    if (processes > 1 && (mesh.isEmpty() || backends.isPjrt())) {
      throw usageError(
          spec,
          "train: must have --mesh, of our own devices, under a launch of "
              + processes
              + " processes, got none: each would train alone");
    }
    if (until.isPresent() && until.get() < 0) {
      throw usageError(spec, "--until: must be at least 0, got " + until.get());
    }
    if (until.isPresent() && steps.isPresent()) {
      throw usageError(spec, "--until: must be given without --steps");
    }
    if (quick && data.isPresent()) {
      throw usageError(
          spec, "--quick: must be given without --data, since it uses ten of the JDK's languages");
    }
    if (corpus.isPresent() && (data.isPresent() || quick || whole)) {
      throw usageError(
          spec,
          "--corpus: must be given without --data, --quick and --all, got one of them: a corpus"
              + " has its own languages and holds out its own sentences");
    }
    if (whole && sweep) {
      throw usageError(
          spec, "--all: must be given without --sweep, which compares losses on held-back pairs");
    }
    if (minutes.isPresent() && steps.isPresent()) {
      throw usageError(spec, "--minutes: must be given without --steps");
    }
    if (minutes.isPresent() && !(minutes.get() >= 0 && minutes.get() < Integer.MAX_VALUE)) {
      throw usageError(spec, "--minutes: must be at least 0, got " + minutes.get());
    }
    if (steps.isPresent() && steps.get() < 0) {
      throw usageError(spec, "--steps: must be at least 0, got " + steps.get());
    }
    if (experts.isPresent() && (experts.get() < 1 || experts.get() > MOST_EXPERTS)) {
      throw usageError(
          spec, "--experts: must be 1 (dense) to " + MOST_EXPERTS + ", got " + experts.get());
    }
    if (slots.isPresent() && !(slots.get() > 0 && slots.get() <= MOST_EXPERTS)) {
      throw usageError(
          spec, "--slots: must be above 0 and at most " + MOST_EXPERTS + ", got " + slots.get());
    }
    if (accumulate < 1 || accumulate > MOST_BATCHES) {
      throw usageError(spec, "--accumulate: must be 1 to " + MOST_BATCHES + ", got " + accumulate);
    }
    if (sweep && (checkpoint.isPresent() || experts.isPresent() || dense)) {
      throw usageError(
          spec,
          "--sweep: must be given without --checkpoint, --experts and --dense: it keeps no model");
    }
    if (resume && checkpoint.isEmpty()) {
      throw usageError(spec, "--resume: must be given with --checkpoint, got none");
    }
  }

  /** The number of processes of this launch, by the variables of Open MPI and of MPICH. */
  static int processes(Map<String, String> environment) {
    return Stream.of("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
        .map(name -> environment.getOrDefault(name, ""))
        .filter(size -> size.matches("\\d{1,9}"))
        .mapToInt(Integer::parseInt)
        .max()
        .orElse(1);
  }
}
