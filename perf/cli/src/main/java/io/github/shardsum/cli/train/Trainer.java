package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.moe.train.WarmUp;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.zip.CRC32;

/** One model that is trained: batches in their order, checkpoints, and the history. */
final class Trainer implements AutoCloseable {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.98;
  private static final double EPSILON = 1e-9;
  private static final double DECAY = 0.999;
  static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.03, 0.01, 1e-3),
          new Optimizer.Averaged(new Optimizer.Adam(BETA1, BETA2, EPSILON), DECAY),
          1);
  private static final WarmUp RATE = new WarmUp(4e-3, 600);

  /** Steps between two measurements on held-back pairs. */
  private static final int EVALUATION = 100;

  private static final long CHECKPOINT_NANOS = 30_000_000_000L;

  private static final String LOSS = "loss";
  private static final String NORM = "norm";

  /** The name of the curve with the cross-entropy of each step's batch. */
  static final String TRAINED_ON = "training batches";

  /** The name of the curve with the share of choices that found their expert full. */
  static final String DROPPED = "dropped";

  /** In a checkpoint's metadata: batches of a step. */
  private static final String ACCUMULATE = "accumulate";

  private static final int DIGEST_SENTENCES = 4;
  private static final int DIGEST_TOKENS = 8;

  private final Model model;
  private final TokenizedPairs examples;
  private final Map<String, List<Training.Batch>> heldBack;
  private final Training training;
  private final Optional<CheckpointWriter> writer;
  private final LongSupplier clock;
  private final Agreement agreement;

  /** The gathered running means of the last step, kept until the next step. */
  private Optional<Map<String, Tensor>> averages = Optional.empty();

  private TrainHistory history = new TrainHistory();

  /** The step of the last checkpoint that this trainer wrote. */
  private long saved = -1;

  /**
   * A model, and the data that it is trained on.
   *
   * @param spec the model
   * @param tokenizer makes tokens of texts
   * @param seed the seed of parameters and of the order of batches
   * @param data the checksum of the pairs
   * @param accumulate batches of a step
   */
  record Model(TransformerSpec spec, Tokenizer tokenizer, long seed, String data, int accumulate) {}

  /** Whether a condition holds on any process of the job; all processes call in the same order. */
  @FunctionalInterface
  interface Agreement {
    boolean any(boolean own);
  }

  /**
   * A trainer of a fresh model.
   *
   * @param heldBack batches to measure on, by their name
   * @param settings the settings of the training
   * @param placement the layouts of the state, for a backend of several devices
   * @param writer writes checkpoints, if any are to be written; every process of a job then has a
   *     writer
   * @param agreement the agreement with the other processes of the job
   * @param clock the time in nanoseconds, from any origin
   */
  Trainer(
      Model model,
      TokenizedPairs examples,
      Map<String, List<Training.Batch>> heldBack,
      Training.Settings settings,
      Backend backend,
      Optional<Training.Placement> placement,
      Optional<CheckpointWriter> writer,
      Agreement agreement,
      LongSupplier clock) {
    this.model = model;
    this.examples = examples;
    this.heldBack = new LinkedHashMap<>(heldBack);
    this.writer = writer;
    this.agreement = agreement;
    this.clock = clock;
    this.training = new Training(model.spec(), settings, backend, placement, model.seed());
  }

  /**
   * Goes on from a checkpoint.
   *
   * @throws IllegalArgumentException if the checkpoint belongs to another model, other data or
   *     another program
   */
  void resume(CheckpointFolder.Checkpoint checkpoint) {
    expect(checkpoint, "model", model.spec().toString(), "other --experts, --slots or --dense");
    expect(checkpoint, "seed", Long.toString(model.seed()), "another --seed");
    expect(checkpoint, "data", model.data(), "other --data, or by another JDK");
    String accumulate = checkpoint.metadata().getOrDefault(ACCUMULATE, "1");
    if (!accumulate.equals(Integer.toString(model.accumulate()))) {
      throw wrongArgument(
          "%s: --accumulate must be %s, as in the steps before, got %d",
          checkpoint.file(), accumulate, model.accumulate());
    }
    expect(checkpoint, "program", program(), "another version of shardsum");
    Map<String, Tensor> tensors = new LinkedHashMap<>(checkpoint.tensors());
    try {
      history = TrainHistory.take(tensors);
      training.restore(tensors, checkpoint.step());
    } catch (IllegalArgumentException other) {
      throw new IllegalArgumentException(checkpoint.file() + ": " + other.getMessage(), other);
    }
  }

  private static void expect(
      CheckpointFolder.Checkpoint checkpoint, String name, String own, String reason) {
    String found = checkpoint.text(name);
    if (!found.equals(own)) {
      throw wrongArgument(
          "%s: its %s must be %s, got %s: it was trained with %s",
          checkpoint.file(), name, own, found, reason);
    }
  }

  /** A checksum of the program of a step. */
  private String program() {
    CRC32 checksum = new CRC32();
    String text = training.program(DIGEST_SENTENCES, DIGEST_TOKENS, DIGEST_TOKENS).toString();
    checksum.update(text.getBytes(StandardCharsets.UTF_8));
    return format("%08x", checksum.getValue());
  }

  /** Traffic and memory of the last step, if it ran on one of Shardsum's meshes. */
  Optional<Training.Traffic> traffic() {
    return training.traffic();
  }

  /** Number of steps, including those of earlier runs. */
  long steps() {
    return training.steps();
  }

  TrainHistory history() {
    return history;
  }

  /**
   * Gathers only the running means of the parameters, one after the other; every process of a job
   * calls it.
   *
   * @param keeps whether this process keeps the means until the next step; if not, it drops each
   *     one after gathering it
   */
  void gatherAverages(boolean keeps) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    training.state(
        Trainer::isAverage,
        (name, tensor) -> {
          if (keeps) {
            own.put(name, tensor);
          }
        });
    averages = keeps ? Optional.of(averages(own)) : Optional.empty();
  }

  /**
   * The running means of the parameters, by the parameters' names; they are gathered once a step;
   * every process of a job calls it.
   */
  Map<String, Tensor> averages() {
    if (averages.isEmpty()) {
      gatherAverages(true);
    }
    return averages.orElseThrow();
  }

  private static boolean isAverage(String name) {
    return name.startsWith(Optimizer.Averaged.MEAN + ".");
  }

  static Map<String, Tensor> averages(Map<String, Tensor> state) {
    String prefix = Optimizer.Averaged.MEAN + ".";
    Map<String, Tensor> averages = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          if (isAverage(name)) {
            averages.put(name.substring(prefix.length()), tensor);
          }
        });
    return averages;
  }

  /**
   * Trains.
   *
   * @param steps the largest number of steps in this call
   * @param nanos the longest time to train in this call, without measurements and checkpoints; a
   *     step that has begun is ended
   * @param stop whether to stop after the step under way
   * @param done gets the steps made in this call so far
   * @return nanoseconds of the steps, without measurements and checkpoints
   * @throws IllegalArgumentException if a loss is not finite
   */
  long train(OptionalLong steps, OptionalLong nanos, BooleanSupplier stop, LongConsumer done)
      throws IOException {
    long first = training.steps();
    Order order = new Order(examples);
    long began = clock.getAsLong();
    // The first checkpoint is written after the first step, so that an error of the folder shows at
    // once.
    long written = began - CHECKPOINT_NANOS;
    // Time for measurements and checkpoints does not count as training.
    long apart = 0;
    while ((steps.isEmpty() || training.steps() - first < steps.getAsLong())
        && !agreement.any(
            stop.getAsBoolean()
                || (nanos.isPresent() && clock.getAsLong() - began - apart >= nanos.getAsLong()))) {
      List<Training.Batch> batches = new ArrayList<>();
      for (int i = 0; i < model.accumulate(); i++) {
        long number = training.steps() * model.accumulate() + i;
        batches.add(TokenizedPairs.tensors(order.batch(number)));
      }
      step(batches);
      done.accept(training.steps() - first);
      long since = clock.getAsLong();
      if (training.steps() % EVALUATION == 0) {
        measure();
      }
      if (agreement.any(writer.isPresent() && since - written > CHECKPOINT_NANOS)) {
        save();
        written = clock.getAsLong();
      }
      apart += clock.getAsLong() - since;
    }
    long trained = clock.getAsLong() - began - apart;
    if (training.steps() > first) {
      save();
      // Measured after the checkpoint is written, so that the history of a resumed training does
      // not have this point.
      if (training.steps() % EVALUATION != 0) {
        measure();
      }
    }
    return trained;
  }

  /** The batches of all epochs, one after the other. */
  private static final class Order {
    private final TokenizedPairs examples;
    private List<List<TokenizedPairs.Example>> batches;
    private long epoch;

    /** Batches of the epochs before. */
    private long before;

    Order(TokenizedPairs examples) {
      this.examples = examples;
      this.batches = examples.epoch(epoch);
    }

    /** The batch after a number of batches. This number never decreases from call to call. */
    List<TokenizedPairs.Example> batch(long others) {
      while (others - before >= batches.size()) {
        before += batches.size();
        batches = examples.epoch(++epoch);
      }
      return batches.get((int) (others - before));
    }
  }

  private void step(List<Training.Batch> batches) {
    long number = training.steps() + 1;
    averages = Optional.empty();
    Training.Report report = training.step(batches, RATE.rate(number));
    if (!Double.isFinite(report.loss()) || !Double.isFinite(report.norm())) {
      throw wrongArgument(
          "training: loss and gradient must be finite, got loss %s and norm %s at"
              + " step %d, with %d tokens that no router could route",
          report.loss(), report.norm(), number, report.unusable());
    }
    history.add(LOSS, number, report.loss());
    history.add(TRAINED_ON, number, report.crossEntropy());
    history.add(NORM, number, report.norm());
    if (model.spec().route().capacity() instanceof Capacity.Factor) {
      long placed = report.placed().values().stream().flatMapToLong(Arrays::stream).sum();
      double all = Math.max(1, placed + report.dropped());
      history.add(DROPPED, number, report.dropped() / all);
    }
    report.placed().forEach((layer, tokens) -> history.addLoad(layer, number, tokens));
  }

  /** Adds the losses on held-back pairs. */
  private void measure() {
    heldBack.forEach(
        (name, batches) -> {
          double sum = 0;
          double tokens = 0;
          for (Training.Batch batch : batches) {
            long count = Arrays.stream(batch.next().toLongArray()).filter(t -> t != 0).count();
            sum += count * training.crossEntropy(batch, Optimizer.Averaged.MEAN);
            tokens += count;
          }
          if (tokens > 0) {
            history.add(name, training.steps(), sum / tokens);
          }
        });
  }

  /** The model as a translator. */
  Translator translator(Backend backend, int batch) {
    return new Translator(
        model.spec(), model.tokenizer(), averages(), backend, batch, Translator.BEAM);
  }

  /** Writes a checkpoint, unless this step has one. */
  private void save() throws IOException {
    if (writer.isEmpty() || saved == training.steps()) {
      return;
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("model", model.spec().toString());
    metadata.put("seed", Long.toString(model.seed()));
    metadata.put("step", Long.toString(training.steps()));
    metadata.put("data", model.data());
    metadata.put(ACCUMULATE, Integer.toString(model.accumulate()));
    metadata.put("program", program());
    metadata.put("tokenizer", model.tokenizer().toString());
    writer.get().save(CheckpointWriter.State.of(training), history.tensors(), metadata);
    saved = training.steps();
  }

  /** Cross-entropies over steps: of the batches of training, and of held-back pairs. */
  Map<String, List<TrainHistory.Point>> crossEntropies() {
    Map<String, List<TrainHistory.Point>> curves = new LinkedHashMap<>(history.curves());
    curves.keySet().removeAll(List.of(LOSS, NORM, DROPPED));
    return curves;
  }

  /** The last loss that training reduced, NaN if there is none. */
  double lastLoss() {
    return Objects.requireNonNullElse(history.curves().get(LOSS), List.<TrainHistory.Point>of())
        .stream()
        .max(Comparator.comparingLong(TrainHistory.Point::step))
        .map(TrainHistory.Point::value)
        .orElse(Double.NaN);
  }

  @Override
  public void close() {
    training.close();
  }
}
