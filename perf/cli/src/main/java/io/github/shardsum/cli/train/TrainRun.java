package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.OpenBackend;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.score.ChrF;
import io.github.shardsum.cli.train.score.LanguageTable;
import io.github.shardsum.cli.train.score.TranslationEvaluation;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** A training from data to report. */
final class TrainRun {
  private static final int EXPERTS = 16;

  private static final int BATCH = 128;

  /** No choice is dropped, and padding does not count in any loss. */
  private static final RouteOptions ROUTE =
      RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real");

  private final TrainJob job;
  private final Workers workers;
  private final OpenBackend opened;
  private final Optional<Training.Placement> placement;

  /**
   * Runs translations on this process, since a step for one token is too short for other devices to
   * help.
   */
  private final Backend local;

  private final Progress progress;
  private final TrainReport report;
  private final PrintWriter out;
  private final Consumer<String> warn;
  private final ObjectNode answer = JsonAnswer.object();

  /**
   * A training.
   *
   * @param workers threads for work outside the backend
   * @param opened runs steps and losses; only the first process of a job reports and writes
   *     checkpoints
   * @param placement the placement of the state, for a backend of several devices
   * @param warn gets warnings; they are printed even if nothing else is printed
   */
  TrainRun(
      TrainJob job,
      Workers workers,
      OpenBackend opened,
      Optional<Training.Placement> placement,
      Progress progress,
      PrintWriter out,
      Consumer<String> warn) {
    this.job = job;
    this.workers = workers;
    this.opened = opened;
    this.placement = placement;
    this.local = LocalBackend.of(workers, MoePrograms.kernels());
    this.progress = progress;
    this.out = out;
    this.warn = warn;
    this.report = new TrainReport(out);
  }

  /** The answer for {@code --json}. */
  ObjectNode answer() {
    return answer;
  }

  void run() throws IOException {
    try (Folder folder = Folder.open(opened.isFirst() ? job.checkpoint() : Optional.empty())) {
      Optional<CheckpointFolder.Checkpoint> last = last(folder);
      if (last.isPresent() && !job.resume()) {
        throw new FileSystemException(
            job.checkpoint().orElseThrow().toString(),
            null,
            format(
                "has a checkpoint of step %d; go on from it with --resume, or choose"
                    + " another folder",
                last.get().step()));
      }
      if (opened.isFirst() && job.page().isPresent()) {
        OutputFile.checkText("--html", job.page().get());
      }
      run(folder.folder(), last);
    }
  }

  /**
   * The last checkpoint. The first process sets damaged checkpoints aside; then the others read the
   * checkpoint that it read.
   */
  private Optional<CheckpointFolder.Checkpoint> last(Folder folder) throws IOException {
    Optional<CheckpointFolder.Checkpoint> last = folder.last(warn);
    if (!opened.any(last.isPresent()) || last.isPresent()) {
      return last;
    }
    return Optional.of(CheckpointFolder.newest(job.checkpoint().orElseThrow()));
  }

  private Trainer trainer(
      Trainer.Model model,
      TrainData data,
      Map<String, List<Training.Batch>> measured,
      Optional<CheckpointWriter> writer) {
    return new Trainer(
        model,
        data.examples(),
        measured,
        Trainer.SETTINGS.withRecomputes(job.recompute()),
        opened.backend(),
        placement,
        writer,
        opened::any,
        System::nanoTime);
  }

  private CheckpointWriter writer(Path path, Optional<CheckpointFolder> folder) {
    return new CheckpointWriter(path, folder, opened.process(), opened.processes(), opened::any);
  }

  /** The folder of checkpoints, if there is one. */
  private record Folder(Optional<CheckpointFolder> folder) implements AutoCloseable {
    static Folder open(Optional<Path> path) throws IOException {
      return new Folder(
          path.isEmpty() ? Optional.empty() : Optional.of(CheckpointFolder.open(path.get())));
    }

    Optional<CheckpointFolder.Checkpoint> last(Consumer<String> warn) throws IOException {
      return folder.isEmpty() ? Optional.empty() : folder.get().last(warn);
    }

    @Override
    public void close() throws IOException {
      if (folder.isPresent()) {
        folder.get().close();
      }
    }
  }

  /** The model with a number of tokens and experts. */
  static TransformerSpec spec(int vocabulary, int experts) {
    return TransformerSpec.builder()
        .vocabulary(vocabulary)
        .model(128)
        .heads(4)
        .key(32)
        .hidden(256)
        .layers(2)
        .experts(experts)
        .positions(TokenizedPairs.positions())
        .groups(TokenizedPairs.GROUPS)
        .route(ROUTE)
        .dtype(DType.F32)
        .build();
  }

  /** The default route, with a capacity factor if one is given. */
  static RouteOptions route(Optional<Double> slots) {
    return slots
        .map(factor -> ROUTE.toBuilder().capacity(Capacity.factor(factor)).build())
        .orElse(ROUTE);
  }

  private void run(Optional<CheckpointFolder> folder, Optional<CheckpointFolder.Checkpoint> last)
      throws IOException {
    TrainData data = TrainData.of(job, last, workers, progress);
    report.data(data.corpus(), data.tokenizer(), data.examples());
    if (job.sweep().isPresent()) {
      sweep(job.sweep().get(), data);
    } else {
      train(data, folder, last);
    }
  }

  private void train(
      TrainData data, Optional<CheckpointFolder> folder, Optional<CheckpointFolder.Checkpoint> last)
      throws IOException {
    TranslationEvaluation evaluation =
        new TranslationEvaluation(data.corpus(), job.data().samples());
    int experts = job.experts().or(() -> last.map(kept -> kept.model().experts())).orElse(EXPERTS);
    RouteOptions route =
        job.slots().isPresent()
            ? route(job.slots())
            : last.map(kept -> kept.model().route()).orElse(ROUTE);
    Map<String, List<Training.Batch>> measured = data.measured();
    String name = TrainExpertSweep.name(experts);
    Map<String, List<TrainHistory.Point>> losses = new LinkedHashMap<>();
    try (Trainer trainer =
        trainer(
            data.model(experts, route, data.seed()),
            data,
            measured,
            job.checkpoint().map(path -> writer(path, folder)))) {
      last.ifPresent(trainer::resume);
      trained(name, trainer, evaluation, losses);
      if (job.dense() && experts > 1) {
        try (Trainer dense =
            trainer(data.model(1, ROUTE, data.seed()), data, measured, Optional.empty())) {
          trained(TrainExpertSweep.name(1), dense, evaluation, losses);
        }
      }
      if (opened.isFirst()) {
        finish(name, trainer, data.corpus(), evaluation, losses);
      }
    }
  }

  private void sweep(TrainExpertSweep.Grid grid, TrainData data) throws IOException {
    Map<String, List<Training.Batch>> measured = data.measured();
    Map<String, TrainExpertSweep> sweeps = new LinkedHashMap<>();
    measured.keySet().forEach(curve -> sweeps.put(curve, new TrainExpertSweep(curve)));
    for (int experts : grid.experts()) {
      for (int i = 0; i < grid.seeds(); i++) {
        Trainer.Model model = data.model(experts, route(job.slots()), data.seed() + i);
        try (Trainer trainer = trainer(model, data, measured, Optional.empty())) {
          sweep(model, trainer, sweeps);
        }
      }
    }
    TrainPage page = new TrainPage("training: a sweep of experts");
    for (TrainExpertSweep each : sweeps.values()) {
      if (!each.curves().isEmpty()) {
        each.print(out);
        page.heading(each.curve())
            .table(each.table())
            .curves(each.curve(), "loss", true, each.curves())
            .differences(each.curve() + ", less the dense model", each.curves());
      }
    }
    if (opened.isFirst() && job.page().isPresent()) {
      write(job.page().get(), page);
    }
  }

  /** Trains one model, and adds it to the sweep of each loss. */
  private void sweep(Trainer.Model model, Trainer trainer, Map<String, TrainExpertSweep> sweeps)
      throws IOException {
    int experts = model.spec().experts();
    double seconds = train(TrainExpertSweep.name(experts) + ", seed " + model.seed(), trainer);
    double millis = 1e3 * seconds / Math.max(1, trainer.steps());
    sweeps.forEach(
        (curve, sweep) -> {
          List<TrainHistory.Point> points =
              trainer.history().curves().getOrDefault(curve, List.of());
          if (!points.isEmpty()) {
            sweep.add(experts, new TrainExpertSweep.Trained(points, millis));
            answer
                .withArray(curve)
                .addObject()
                .put("model", TrainExpertSweep.name(experts))
                .put("seed", model.seed())
                .put("steps", trainer.steps())
                .put("loss", points.getLast().value())
                .put("millis", millis);
          }
        });
  }

  private void write(Path file, TrainPage page) throws IOException {
    TextFiles.write(file, page.toString());
    out.print(format("%npage: %s%n", file));
  }

  private void trained(
      String name,
      Trainer trainer,
      TranslationEvaluation evaluation,
      Map<String, List<TrainHistory.Point>> losses)
      throws IOException {
    long before = trainer.steps();
    double seconds = train(name, trainer);
    long made = trainer.steps() - before;
    out.print(
        format(
            "%n%s: %d steps, %d in this run, %.1f s of steps, %.0f ms a step; loss with"
                + " smoothing and"
                + " routers %.3f%n",
            name,
            trainer.steps(),
            made,
            seconds,
            made == 0 ? 0 : seconds * 1e3 / made,
            trainer.lastLoss()));
    loads(
        trainer,
        answer
            .putObject(name)
            .put("steps", trainer.steps())
            .put("made", made)
            .put("seconds", seconds)
            .put("loss", trainer.lastLoss()));
    trainer
        .crossEntropies()
        .forEach(
            (curve, points) ->
                losses.put(losses.containsKey(curve) ? name + ", " + curve : curve, points));
    // All processes make this call, although only one translates.
    trainer.gatherAverages(opened.isFirst());
    if (!opened.isFirst()) {
      return;
    }
    progress.begin("translating the held-back texts", 1);
    try (Translator translator = translator(trainer, evaluation)) {
      evaluation.add(name, translator);
    }
    progress.end();
    report.scores(evaluation, List.of(name));
  }

  /** Reports the loads of experts and devices, and the traffic of a step. */
  private void loads(Trainer trainer, ObjectNode model) {
    TrainHistory history = trainer.history();
    report.load(history);
    TrainAnswer.loads(model, history.loads());
    report.dropped(history);
    placement
        .map(Training.Placement::axes)
        .filter(axes -> !axes.experts().isEmpty())
        .ifPresent(
            axes -> {
              report.deviceLoad(history, axes);
              TrainAnswer.deviceLoads(model, history.loads(), axes);
            });
    trainer
        .traffic()
        .ifPresent(
            traffic -> {
              report.mesh(traffic);
              TrainAnswer.mesh(model, traffic);
            });
  }

  private Translator translator(Trainer trainer, TranslationEvaluation evaluation) {
    int texts =
        PairSplit.HELD_BACK.stream()
            .mapToInt(split -> evaluation.items(split).size())
            .max()
            .orElse(0);
    return trainer.translator(local, Math.max(1, Math.min(BATCH, texts)));
  }

  /**
   * Trains until a limit or a signal; after a signal the current step is finished and saved.
   *
   * @return the seconds of the steps, without measurements and checkpoints
   */
  private double train(String name, Trainer trainer) throws IOException {
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch saved = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              stop.set(true);
              try {
                saved.await();
              } catch (InterruptedException impatient) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // A signal came before the first step.
      stop.set(true);
    }
    OptionalLong nanos = job.nanos();
    long began = System.nanoTime();
    OptionalLong limit = job.stepLimit(trainer.steps());
    progress.begin("training " + name, nanos.orElse(limit.orElse(0)));
    AtomicLong shown = new AtomicLong();
    try {
      long trained =
          trainer.train(
              limit,
              nanos,
              // Standard output was closed, so the model is saved and no report is written.
              () -> stop.get() || out.checkError(),
              steps -> {
                long now = nanos.isPresent() ? System.nanoTime() - began : steps;
                progress.advance(now - shown.getAndSet(now));
              });
      return trained / 1e9;
    } finally {
      saved.countDown();
      progress.end();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException ending) {
        // The JVM is ending, and the hook is running.
      }
    }
  }

  private void finish(
      String name,
      Trainer trainer,
      Corpus corpus,
      TranslationEvaluation evaluation,
      Map<String, List<TrainHistory.Point>> losses)
      throws IOException {
    report.families(evaluation, PairSplit.NAMES);
    LanguageTable.print(evaluation, corpus, out);
    List<TrainReport.Sample> samples = TrainReport.samples(evaluation, name);
    report.samples(samples);
    for (String system : evaluation.systems()) {
      ObjectNode scores =
          answer.has(system) ? (ObjectNode) answer.get(system) : answer.putObject(system);
      for (PairSplit split : PairSplit.HELD_BACK) {
        ChrF score = evaluation.score(system, split, _ -> true);
        if (score.texts() > 0) {
          scores
              .putObject(split.toString())
              .put("texts", score.texts())
              .put("exact", score.exact())
              .put("chrf", score.score())
              .put("bleu", evaluation.bleu(system, split, _ -> true).score());
        }
      }
    }
    if (job.page().isPresent()) {
      TrainPage page = page(name, trainer, corpus, evaluation, losses);
      page.samples(samples);
      write(job.page().get(), page);
    }
  }

  private TrainPage page(
      String name,
      Trainer trainer,
      Corpus corpus,
      TranslationEvaluation evaluation,
      Map<String, List<TrainHistory.Point>> losses) {
    TrainPage page = new TrainPage("training: " + name);
    page.paragraph(
        format(
            "Languages: %d. Pairs to learn from: %d; none of them has a held-back text. Steps: %d.",
            corpus.languages().size(), corpus.training().size(), trainer.steps()));
    for (PairSplit split : PairSplit.HELD_BACK) {
      page.scores(evaluation, split);
    }
    page.heading("Cross-entropy")
        .paragraph(
            "Nats a token, without label smoothing and without the losses of routers. That of the "
                + Trainer.TRAINED_ON
                + " is computed with the parameters before each step, that of held-back pairs with"
                + " the running means of the parameters.")
        .curves("cross-entropy over steps", "nats a token", true, losses);
    List<TrainHistory.Point> dropped =
        trainer.history().curves().getOrDefault(Trainer.DROPPED, List.of());
    if (!dropped.isEmpty()) {
      page.heading("Dropped")
          .curves(
              "share of choices that found their expert full, over steps",
              "share",
              false,
              Map.of(name, dropped));
    }
    trainer
        .history()
        .loads()
        .forEach(
            (layer, loads) ->
                page.heading("Load of experts over time: " + layer)
                    .load("load of " + layer, "expert", loads));
    placement
        .map(Training.Placement::axes)
        .filter(axes -> !axes.experts().isEmpty())
        .ifPresent(axes -> page.deviceLoads(trainer.history(), axes));
    trainer.traffic().ifPresent(page::mesh);
    List<Pair> routed =
        Stream.of(PairSplit.NAMES, PairSplit.SENTENCES)
            .flatMap(split -> evaluation.items(split).stream())
            .map(Corpus.Item::pair)
            .toList();
    if (!routed.isEmpty()) {
      try (Translator translator = translator(trainer, evaluation)) {
        translator
            .experts(routed)
            .forEach(
                (layer, tokens) ->
                    page.heading("Experts by language: " + layer)
                        .heat("experts by language of " + layer, tokens));
      }
    }
    return page;
  }
}
