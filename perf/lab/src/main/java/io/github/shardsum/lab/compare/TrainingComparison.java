package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.ReachableBytes;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Measures a step of training of the model of {@code shardsum train}: 64 sentences of 16 source and
 * 8 target tokens, all random, a vocabulary of 2,048 and 16 experts that drop nothing. {@code
 * torch} compares it with an equal model of torch, each on one thread and by its processor time;
 * {@code SHARDSUM_PYTHON} names a Python with torch. {@code mesh} compares the step on 8 devices of
 * this process with the step on one device, with equal work and equal threads. {@code memory}
 * counts the bytes that a device holds. Ratios have paired intervals; the exit status is 1 if a
 * promise is missed.
 *
 * <p>Arguments: {@code torch}; {@code memory}; {@code mesh}, which stands for x=8 and d=2,x=4; or
 * any mesh, such as {@code x=2}. A number of rounds, or {@code smoke} for a trial, applies to the
 * arguments after it.
 */
public final class TrainingComparison {
  private static final int SENTENCES = 64;
  private static final int SOURCE = 16;
  private static final int TARGET = 8;
  private static final int VOCABULARY = 2048;
  private static final int EXPERTS = 16;
  private static final double RATE = 1e-3;

  /** Smaller tokens stand for no word. */
  private static final int FIRST_WORD = 4;

  /** The least time of torch, as a multiple of ours. */
  private static final double TORCH = 2.5;

  /** The most time on a mesh, as a multiple of the time on one device. */
  private static final double MESH = 1.25;

  /** The most bytes of a device on x=8, as a share of the bytes of one device. */
  private static final double MEMORY = 0.25;

  /** Losses of a mesh differ from those of one device by rounding, which steps amplify. */
  private static final double CLOSE = 1e-3;

  private InterleavedTimer timer = InterleavedTimer.USUAL;
  private final Promises promises = new Promises();

  private TrainingComparison() {}

  /**
   * Measures; {@code SHARDSUM_PYTHON} names a Python with torch. A miss does not count if {@code
   * smoke} is the last timer that the arguments name, whichever timer measured it.
   *
   * @param arguments rounds, and what to compare with
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws IOException, MeasurementException {
    Optional<String> python = Optional.ofNullable(System.getenv("SHARDSUM_PYTHON"));
    TrainingComparison times = new TrainingComparison();
    for (String word : arguments) {
      if (word.equals("smoke")) {
        times.timer = InterleavedTimer.SMOKE;
      } else if (word.matches("\\d{1,4}")) {
        times.timer = InterleavedTimer.of(Integer.parseInt(word));
      } else if (word.equals("torch")) {
        times.torch(
            python.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "torch: SHARDSUM_PYTHON must name a Python with torch, got none")));
      } else if (word.equals("memory")) {
        times.memory();
      } else if (word.equals("mesh")) {
        times.mesh("x=8");
        times.mesh("d=2,x=4");
      } else {
        times.mesh(word);
      }
    }
    return times.promises.areKept() || times.timer.equals(InterleavedTimer.SMOKE);
  }

  private static TransformerSpec spec() {
    return TransformerSpec.builder()
        .vocabulary(VOCABULARY)
        .model(128)
        .heads(4)
        .key(32)
        .hidden(256)
        .layers(2)
        .experts(EXPERTS)
        .positions(64)
        .groups(8)
        .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
        .dtype(DType.F32)
        .build();
  }

  private static Training training(Backend backend, Optional<Training.Placement> placement) {
    Optimizer optimizer = new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.999);
    Transformer.Loss loss = new Transformer.Loss(0.03, 0.01, 1e-3);
    return new Training(spec(), new Training.Settings(loss, optimizer, 1), backend, placement, 1);
  }

  private static Tensor tokens(Random random, int length) {
    int[] tokens = random.ints((long) SENTENCES * length, FIRST_WORD, VOCABULARY).toArray();
    return Tensor.of(tokens, SENTENCES, length);
  }

  private static Training.Batch batch() {
    Random random = new Random(1);
    return new Training.Batch(
        tokens(random, SOURCE), tokens(random, TARGET), tokens(random, TARGET));
  }

  private static double step(Training training, Training.Batch batch) {
    double loss = training.step(batch, RATE).loss();
    if (!Double.isFinite(loss)) {
      throw new IllegalStateException("loss: must be finite, got " + loss);
    }
    return loss;
  }

  private void torch(String python) throws IOException, MeasurementException {
    long parameters =
        Transformer.parameters(spec()).stream()
            .mapToLong(each -> each.type().shape().elementCount())
            .sum();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (TorchTraining torch = new TorchTraining(python, VOCABULARY, EXPERTS);
        Workers workers = Workers.sequential();
        Training ours =
            training(LocalBackend.of(workers, MoePrograms.kernels()), Optional.empty())) {
      BenchmarkData.check("parameters of torch", parameters, torch.parameters(), 0);
      Training.Batch batch = batch();
      Timed steps =
          calls -> {
            long begin = threads.getCurrentThreadCpuTime();
            for (long i = 0; i < calls; i++) {
              step(ours, batch);
            }
            return (threads.getCurrentThreadCpuTime() - begin) / 1e9;
          };
      PairedTiming times = PairedTiming.of(timer, torch.steps(SENTENCES, SOURCE, TARGET), steps);
      Interval ratio = times.ratio();
      report(torch.version(), times, "one thread", "at least", TORCH, ratio.median() >= TORCH);
    }
  }

  private void mesh(String notation) throws MeasurementException {
    Mesh mesh = Mesh.parse(notation);
    try (Workers workers = Workers.ofProcessors();
        Collectives collectives = Collectives.open(mesh, workers, CollectiveOptions.defaults());
        Training one = training(LocalBackend.of(workers, MoePrograms.kernels()), Optional.empty());
        Training many =
            training(
                MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults()),
                Optional.of(new Training.Placement(MeshAxes.of(mesh), true)))) {
      Training.Batch batch = batch();
      double loss = step(one, batch);
      BenchmarkData.check("loss on " + notation, loss, step(many, batch), CLOSE * Math.abs(loss));
      PairedTiming times =
          PairedTiming.of(
              timer, Timed.of(() -> step(many, batch)), Timed.of(() -> step(one, batch)));
      boolean met = times.ratio().median() <= MESH;
      report(notation, times, workers.parallelism() + " threads", "at most", MESH, met);
    }
  }

  /**
   * Counts the bytes that two steps on one thread add to reachable objects, divided by the number
   * of devices: the state before and after a step, stored values, the memory of local programs,
   * packed operands, plans. The number must fall along x=1, 2, 4 and 8, when d doubles from x=1 and
   * from x=2, when x doubles from d=2, and when m doubles from d=2,x=2.
   */
  private void memory() {
    Map<String, Long> bytes = new HashMap<>();
    for (String notation : List.of("x=1", "x=2", "x=4", "x=8", "d=2", "d=2,x=2", "d=2,x=2,m=2")) {
      bytes.put(notation, memory(Mesh.parse(notation), notation));
    }
    for (List<String> falling :
        List.of(
            List.of("x=1", "x=2", "x=4", "x=8"),
            List.of("x=1", "d=2", "d=2,x=2", "d=2,x=2,m=2"),
            List.of("x=2", "d=2,x=2"))) {
      for (int i = 1; i < falling.size(); i++) {
        String less = falling.get(i);
        String more = falling.get(i - 1);
        boolean met = bytes.getOrDefault(less, 0L) < bytes.getOrDefault(more, 0L);
        print("%s holds less than %s: %s%n", less, more, promises.verdict(met));
      }
    }
    double part = (double) bytes.getOrDefault("x=8", 0L) / bytes.getOrDefault("x=1", 0L);
    print("x=8 over x=1: %.3f, at most %.2f %s%n", part, MEMORY, promises.verdict(part <= MEMORY));
  }

  private static long memory(Mesh mesh, String notation) {
    Training.Batch batch = batch();
    long before = ReachableBytes.live();
    try (Workers workers = Workers.sequential();
        Collectives collectives = Collectives.open(mesh, workers, CollectiveOptions.defaults());
        Training many =
            training(
                MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults()),
                Optional.of(new Training.Placement(MeshAxes.of(mesh), true)))) {
      step(many, batch);
      step(many, batch);
      long bytes = (ReachableBytes.live() - before) / mesh.size();
      long planned = many.traffic().map(Training.Traffic::heldBytes).orElse(0L);
      print("%s: %,d bytes a device, planned %,d%n", notation, bytes, planned);
      return bytes;
    }
  }

  private void report(
      String name, PairedTiming times, String threads, String bound, double of, boolean met) {
    List<Object> values = new ArrayList<>(List.of(name, Interval.median(times.first()) * 1e3));
    Interval ratio = times.ratio();
    values.addAll(List.of(Interval.median(times.second()) * 1e3, threads, times.first().length));
    values.addAll(List.of(ratio.median(), ratio.low(), ratio.high(), bound, of));
    values.add(promises.verdict(met));
    print(
        "%s %.1f ms, one device %.1f ms, %s, %d pairs: %.3f [%.3f, %.3f], %s %.2f %s%n",
        values.toArray());
  }

  /**
   * Steps of training by torch in a separate Python process, which answers each line with a line.
   */
  private static final class TorchTraining implements AutoCloseable {
    private static final String SCRIPT = "torch_training.py";

    private final ChildProcess process;

    /** Makes a model of a vocabulary and this many experts, in a process of one thread. */
    TorchTraining(String python, int vocabulary, int experts)
        throws IOException, MeasurementException {
      ProcessBuilder builder =
          new ProcessBuilder(
              python,
              "-c",
              BenchmarkScript.text(TorchTraining.class, SCRIPT),
              "1",
              Integer.toString(vocabulary),
              Integer.toString(experts));
      builder.environment().put("OMP_NUM_THREADS", "1");
      this.process = new ChildProcess(builder);
    }

    /** The version, and the number of the model's parameters. */
    String version() {
      return process.greeting();
    }

    /** The number of the model's parameters. */
    long parameters() {
      return Long.parseLong(process.greeting().replaceAll(".*, (\\d+) parameters", "$1"));
    }

    /** Makes steps of random sentences, and returns the seconds of processor time. */
    Timed steps(int sentences, int source, int target) {
      return calls -> {
        String line = format("%d %d %d %d", calls, sentences, source, target);
        try {
          return Double.parseDouble(process.ask(line));
        } catch (MeasurementException e) {
          throw new MeasurementException("torch: " + e.why());
        }
      };
    }

    @Override
    public void close() {
      process.close();
    }
  }
}
