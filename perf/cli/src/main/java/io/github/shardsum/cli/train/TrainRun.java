package io.github.shardsum.cli.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.node.ObjectNode;

/** A training from data to report. */
final class TrainRun {
  private static final int VOCABULARY = 2048;
  private static final int EXPERTS = 16;

  /** Texts that merges are learnt from at most. */
  private static final int TEXTS = 80_000;

  private static final int BATCH = 128;
  private static final Map<Split, Integer> SAMPLES = samples();
  private static final int MEASURED = 512;

  /** No choice is dropped, and padding counts nowhere. */
  private static final RouteOptions ROUTE =
      RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real");

  private final TrainJob job;
  private final Workers workers;
  private final Backend backend;
  private final Progress progress;
  private final TrainReport report;
  private final PrintWriter out;
  private final ObjectNode answer = JsonAnswer.object();

  private static Map<Split, Integer> samples() {
    Map<Split, Integer> samples = new LinkedHashMap<>();
    samples.put(Split.NAMES, 2000);
    samples.put(Split.PHRASES, 1500);
    samples.put(Split.WITHHELD, 500);
    return samples;
  }

  TrainRun(TrainJob job, Workers workers, Progress progress, PrintWriter out) {
    this.job = job;
    this.workers = workers;
    this.backend = LocalBackend.of(workers, MoePrograms.kernels());
    this.progress = progress;
    this.out = out;
    this.report = new TrainReport(out);
  }

  /** What {@code --json} prints. */
  ObjectNode answer() {
    return answer;
  }

  void run() throws IOException {
    try (Folder folder = Folder.open(job.checkpoint())) {
      Optional<CheckpointFolder.Checkpoint> last = folder.last();
      if (last.isPresent() && !job.resume()) {
        throw new FileSystemException(
            job.checkpoint().orElseThrow().toString(),
            null,
            "has a checkpoint of step %s; go on from it with --resume, or choose another folder"
                .formatted(last.get().text("step")));
      }
      run(folder.folder(), last);
    }
  }

  /** The folder of checkpoints, if there is to be one. */
  private record Folder(Optional<CheckpointFolder> folder) implements AutoCloseable {
    static Folder open(Optional<Path> path) throws IOException {
      return new Folder(
          path.isEmpty() ? Optional.empty() : Optional.of(CheckpointFolder.open(path.get())));
    }

    Optional<CheckpointFolder.Checkpoint> last() throws IOException {
      return folder.isEmpty() ? Optional.empty() : folder.get().last();
    }

    @Override
    public void close() throws IOException {
      if (folder.isPresent()) {
        folder.get().close();
      }
    }
  }

  private void run(Optional<CheckpointFolder> folder, Optional<CheckpointFolder.Checkpoint> last)
      throws IOException {
    Corpus corpus = corpus();
    progress.begin("learning the tokenizer", 1);
    Tokenizer tokenizer =
        last.isPresent() ? Tokenizer.parse(last.get().text("tokenizer")) : tokenizer(corpus);
    Examples examples = new Examples(corpus.training(), tokenizer, job.seed());
    if (examples.size() == 0) {
      throw new IllegalArgumentException(
          "data: expected a pair of at most %d tokens to learn from, got none: %d are longer, and %d sources, a tenth by their hashes, are held back"
              .formatted(
                  Examples.positions(),
                  corpus.training().size(),
                  corpus.heldBack().values().stream().mapToInt(List::size).sum()));
    }
    progress.end();
    report.data(corpus, tokenizer, examples);
    if (job.sweep()) {
      sweep(corpus, tokenizer, examples);
      return;
    }
    Evaluation evaluation = new Evaluation(corpus, SAMPLES);
    baselines(corpus, evaluation);
    report.scores(evaluation, evaluation.systems());
    int experts = job.experts().orElse(EXPERTS);
    if (job.experts().isEmpty() && last.isPresent()) {
      experts = TransformerSpec.parse(last.get().text("model")).experts();
    }
    TransformerSpec spec = spec(tokenizer.size(), experts);
    Map<String, List<Training.Batch>> measured = measured(corpus, tokenizer);
    Trainer.Model model = new Trainer.Model(spec, tokenizer, job.seed(), corpus.fingerprint());
    String name = experts == 1 ? "dense" : experts + " experts";
    Map<String, List<History.Point>> losses = new LinkedHashMap<>();
    try (Trainer trainer = new Trainer(model, examples, measured, backend, folder)) {
      last.ifPresent(trainer::resume);
      trained(name, trainer, evaluation, losses);
      if (job.dense() && experts > 1) {
        Trainer.Model other =
            new Trainer.Model(spec.withExperts(1), tokenizer, job.seed(), corpus.fingerprint());
        try (Trainer second = new Trainer(other, examples, measured, backend, Optional.empty())) {
          trained("dense", second, evaluation, losses);
        }
      }
      finish(name, trainer, corpus, evaluation, losses);
    }
  }

  private void sweep(Corpus corpus, Tokenizer tokenizer, Examples examples) throws IOException {
    Map<String, List<Training.Batch>> measured = measured(corpus, tokenizer);
    List<Sweep> sweeps = measured.keySet().stream().map(Sweep::new).toList();
    for (int experts : Sweep.EXPERTS) {
      for (int seed = 0; seed < Sweep.SEEDS; seed++) {
        TransformerSpec spec = spec(tokenizer.size(), experts);
        Trainer.Model model =
            new Trainer.Model(spec, tokenizer, job.seed() + seed, corpus.fingerprint());
        try (Trainer trainer = new Trainer(model, examples, measured, backend, Optional.empty())) {
          String name = Sweep.name(experts) + ", seed " + (job.seed() + seed);
          long began = System.nanoTime();
          train(name, trainer);
          double millis = (System.nanoTime() - began) / 1e6 / Math.max(1, trainer.steps());
          int number = 0;
          for (String curve : measured.keySet()) {
            List<History.Point> points = trainer.history().curves().getOrDefault(curve, List.of());
            if (!points.isEmpty()) {
              sweeps.get(number).add(experts, new Sweep.Trained(points, millis));
              answer
                  .withArray(curve)
                  .addObject()
                  .put("model", Sweep.name(experts))
                  .put("seed", job.seed() + seed)
                  .put("steps", trainer.steps())
                  .put("loss", points.getLast().value())
                  .put("millis", millis);
            }
            number++;
          }
        }
      }
    }
    TrainPage page = new TrainPage("training: a sweep of experts");
    for (Sweep each : sweeps) {
      if (each.curves().isEmpty()) {
        continue;
      }
      each.print(out);
      page.heading(each.curve()).table(each.table()).curves(each.curve(), each.curves());
    }
    if (job.page().isPresent()) {
      Files.writeString(job.page().get(), page.toString());
      out.printf("%npage: %s%n", job.page().get());
    }
  }

  private static TransformerSpec spec(int vocabulary, int experts) {
    return new TransformerSpec(
        vocabulary, 128, 4, 32, 256, 2, experts, Examples.positions(), 4, ROUTE, DType.F32);
  }

  private Corpus corpus() throws IOException {
    if (job.data().isPresent()) {
      return Corpus.of(PairFile.read(job.data().get()));
    }
    Path cache = JdkPairs.file(System.getenv(), System.getProperty("user.home", ""));
    List<Pair> pairs =
        JdkPairs.load(
            cache,
            workers,
            languages -> progress.begin("gathering the JDK's names", languages),
            progress::advance);
    progress.end();
    return Corpus.of(pairs);
  }

  private static Tokenizer tokenizer(Corpus corpus) {
    List<String> texts =
        corpus.training().stream()
            .sorted(
                Comparator.comparingLong(
                    pair -> TextHash.of("tokenizer", pair.source(), pair.target())))
            .limit(TEXTS / 2)
            .flatMap(pair -> java.util.stream.Stream.of(pair.source(), pair.target()))
            .toList();
    return Tokenizer.learn(texts, VOCABULARY);
  }

  private void baselines(Corpus corpus, Evaluation evaluation) {
    progress.begin("baselines", 3);
    evaluation.add("copy", sources -> sources);
    progress.advance(1);
    evaluation.add("nearest neighbour", new NearestNeighbour(corpus.training()));
    progress.advance(1);
    evaluation.add("n-gram classifier", new LinearClassifier(corpus.training()));
    progress.end();
  }

  private static Map<String, List<Training.Batch>> measured(Corpus corpus, Tokenizer tokenizer) {
    Map<String, List<Training.Batch>> measured = new LinkedHashMap<>();
    for (Split split : List.of(Split.NAMES, Split.PHRASES)) {
      List<Pair> pairs = corpus.sample(split, MEASURED).stream().map(Corpus.Item::pair).toList();
      List<Training.Batch> batches = new Examples(pairs, tokenizer, 0).batches();
      if (!batches.isEmpty()) {
        measured.put("held-back " + split.name().toLowerCase(Locale.ROOT), batches);
      }
    }
    return measured;
  }

  private void trained(
      String name, Trainer trainer, Evaluation evaluation, Map<String, List<History.Point>> losses)
      throws IOException {
    long before = trainer.steps();
    long began = System.nanoTime();
    train(name, trainer);
    double seconds = (System.nanoTime() - began) / 1e9;
    long made = trainer.steps() - before;
    out.printf(
        Locale.ROOT,
        "%n%s: %d steps, %d in this run, %.1f s, %.0f ms a step; loss %.3f%n",
        name,
        trainer.steps(),
        made,
        seconds,
        made == 0 ? 0 : seconds * 1e3 / made,
        trainer.last("loss"));
    report.load(trainer.history());
    answer
        .putObject(name)
        .put("steps", trainer.steps())
        .put("made", made)
        .put("seconds", seconds)
        .put("loss", trainer.last("loss"));
    trainer
        .history()
        .curves()
        .forEach(
            (curve, points) -> {
              if (!curve.equals("norm")) {
                losses.put(losses.containsKey(curve) ? name + " " + curve : curve, points);
              }
            });
    progress.begin("translating what was held back", 1);
    try (Translator translator = translator(trainer, evaluation)) {
      evaluation.add(name, translator);
    }
    progress.end();
    report.scores(evaluation, List.of(name));
  }

  private Translator translator(Trainer trainer, Evaluation evaluation) {
    int texts =
        SAMPLES.keySet().stream().mapToInt(split -> evaluation.items(split).size()).max().orElse(0);
    return trainer.translator(backend, Math.max(1, Math.min(BATCH, texts)));
  }

  /** Trains until a limit or a signal, upon which the step under way is ended and saved. */
  private void train(String name, Trainer trainer) throws IOException {
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
    Runtime.getRuntime().addShutdownHook(hook);
    OptionalLong nanos = job.nanos();
    long began = System.nanoTime();
    progress.begin("training " + name, nanos.orElse(job.stepLimit().orElse(0)));
    AtomicLong shown = new AtomicLong();
    try {
      trainer.train(
          job.stepLimit(),
          nanos,
          stop::get,
          steps -> {
            long now = nanos.isPresent() ? System.nanoTime() - began : steps;
            progress.advance(now - shown.getAndSet(now));
          });
    } finally {
      saved.countDown();
      progress.end();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException ending) {
        // The JVM ends, and takes the hook with it.
      }
    }
  }

  private void finish(
      String name,
      Trainer trainer,
      Corpus corpus,
      Evaluation evaluation,
      Map<String, List<History.Point>> losses)
      throws IOException {
    report.families(evaluation, Split.NAMES);
    report.families(evaluation, Split.PHRASES);
    List<TrainReport.Sample> samples = TrainReport.samples(evaluation, name);
    report.samples(samples);
    for (String system : evaluation.systems()) {
      ObjectNode scores =
          answer.has(system) ? (ObjectNode) answer.get(system) : answer.putObject(system);
      for (Split split : SAMPLES.keySet()) {
        ChrF score = evaluation.score(system, split, _ -> true);
        if (score.texts() > 0) {
          scores
              .putObject(split.name().toLowerCase(Locale.ROOT))
              .put("texts", score.texts())
              .put("exact", score.exact())
              .put("chrf", score.score());
        }
      }
    }
    if (job.page().isPresent()) {
      page(job.page().get(), name, trainer, corpus, evaluation, losses, samples);
      out.printf("%npage: %s%n", job.page().get());
    }
  }

  private void page(
      Path file,
      String name,
      Trainer trainer,
      Corpus corpus,
      Evaluation evaluation,
      Map<String, List<History.Point>> losses,
      List<TrainReport.Sample> samples)
      throws IOException {
    TrainPage page = new TrainPage("training: " + name);
    page.paragraph(
        "%d languages, %d pairs to learn from, %d steps; what was held back is in no pair that is learnt from."
            .formatted(corpus.languages().size(), corpus.training().size(), trainer.steps()));
    for (Split split : SAMPLES.keySet()) {
      table(page, evaluation, split);
    }
    page.heading("Loss").curves("loss over steps", losses);
    trainer
        .history()
        .loads()
        .forEach(
            (layer, loads) ->
                page.heading("Load of experts over time: " + layer)
                    .load("load of " + layer, loads));
    List<Pair> routed = evaluation.items(Split.NAMES).stream().map(Corpus.Item::pair).toList();
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
    page.heading("Samples chosen by hash");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "language", "source", "translation", "right"));
    for (TrainReport.Sample sample : samples) {
      boolean right = sample.item().references().contains(sample.text());
      Pair pair = sample.item().pair();
      rows.add(
          List.of(
              right ? "right" : "wrong",
              pair.language(),
              pair.source(),
              sample.text(),
              String.join(" or ", sample.item().references())));
    }
    page.table(rows);
    Files.writeString(file, page.toString());
  }

  private static void table(TrainPage page, Evaluation evaluation, Split split) {
    List<Evaluation.Row> families = evaluation.rows(split);
    if (families.isEmpty()) {
      return;
    }
    List<String> head = new ArrayList<>(List.of("family", "texts"));
    evaluation.systems().forEach(system -> head.addAll(List.of(system + ", % exact", "chrF")));
    List<List<String>> rows = new ArrayList<>(List.of(head));
    for (Evaluation.Row family : families) {
      List<String> row = new ArrayList<>(List.of(family.name()));
      for (String system : evaluation.systems()) {
        ChrF score = evaluation.score(system, split, family.languages());
        if (row.size() == 1) {
          row.add(Integer.toString(score.texts()));
        }
        row.add(String.format(Locale.ROOT, "%.1f", 100 * score.exact()));
        row.add(String.format(Locale.ROOT, "%.1f", 100 * score.score()));
      }
      rows.add(row);
    }
    page.heading("Held back: " + split.name().toLowerCase(Locale.ROOT)).table(rows);
  }
}
