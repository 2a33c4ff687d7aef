package io.github.shardsum.bench;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One version of the library, as a process that {@link VersionComparison} asks: {@code prepare
 * CASE} is answered with a digest of the case's results, {@code warm SECONDS} with the seconds for
 * which the case was called, and {@code time CALLS} with the seconds of that many calls. This class
 * uses only API that many versions have, because it is compiled once and runs with the classes of
 * each.
 */
final class VersionCases {
  private static final int DEVICES = 8;
  private static final RouteOptions ROUTE =
      RouteOptions.parse("top2 capacity=factor:1.25 second=random:0.5");
  private static final MoeSizes SIZES = MoeSizes.of(DEVICES, 64, DEVICES, 64, 256, ROUTE);
  private static final Map<String, String> LAYOUTS =
      Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");

  private final Workers workers;
  private final Collectives mesh;
  private final Backend local;

  /** A computation, and the digest of the result of one call. */
  record Case(Runnable call, Supplier<String> bits) {}

  VersionCases(int threads) {
    workers = Workers.of(threads);
    mesh = Collectives.open(Mesh.of("x", DEVICES), workers, CollectiveOptions.defaults());
    local = LocalBackend.of(workers, MoePrograms.kernels());
  }

  /**
   * Answers until its input ends.
   *
   * @param arguments the number of threads
   */
  public static void main(String[] arguments) throws IOException {
    VersionCases cases = new VersionCases(Integer.parseInt(arguments[0]));
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    Case prepared = new Case(() -> {}, () -> "");
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      try {
        String value = line.substring(line.indexOf(' ') + 1);
        if (line.startsWith("prepare ")) {
          prepared = cases.named(value);
          System.out.println(prepared.bits().get());
        } else if (line.startsWith("warm ")) {
          System.out.println(cases.warm(prepared.call(), Double.parseDouble(value)));
        } else {
          System.out.println(cases.seconds(prepared.call(), Long.parseLong(value)));
        }
      } catch (RuntimeException | LinkageError e) {
        System.out.println("error " + e.toString().replace('\n', ' '));
      }
    }
  }

  /** One thread is timed by its processor time, which the load of the machine hardly changes. */
  private long nanos() {
    return workers.parallelism() == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private double seconds(Runnable call, long calls) {
    long begin = nanos();
    for (long i = 0; i < calls; i++) {
      call.run();
    }
    return (nanos() - begin) / 1e9;
  }

  /** Calls until the time is over, for the JIT, which compiles a call of a microsecond late. */
  private double warm(Runnable call, double least) {
    long begin = nanos();
    while (nanos() - begin < least * 1e9) {
      call.run();
    }
    return (nanos() - begin) / 1e9;
  }

  Case named(String name) {
    MoeSpec spec = MoeSpec.of(SIZES, DType.F32, ROUTE, Randomness.seeded(1));
    Program slots = MoePrograms.layer(spec);
    return switch (name) {
      case "einsums" -> einsums();
      case "all-to-all 1K", "all-to-all 1M" -> allToAll(name.endsWith("M") ? 1 << 18 : 1 << 8);
      case "all-reduce 1K", "all-reduce 1M" -> allReduce(name.endsWith("M") ? 1 << 18 : 1 << 8);
      case "layer" -> program(local, MoePrograms.raggedLayer(spec));
      case "layer gradient" ->
          program(local, MoePrograms.gradient(MoePrograms.raggedLayer(spec.withHiddenKept())));
      case "slots gradient" -> program(local, MoePrograms.gradient(slots));
      case "plan" -> planned(Annotations.of(LAYOUTS).apply(slots));
      case "mesh" ->
          program(
              MeshBackend.of(mesh, MoePrograms.kernels(), PlanOptions.defaults()),
              MoePrograms.gradient(Annotations.of(LAYOUTS).apply(slots)));
      case "training" -> training();
      default ->
          throw new IllegalArgumentException(
              "case: must be one of " + VersionComparison.CASES + ", got " + name);
    };
  }

  /** Products of two random operands: up to five labels, three types. */
  private Case einsums() {
    Random random = new Random(1);
    List<Einsum> einsums = new ArrayList<>();
    List<Tensor[]> operands = new ArrayList<>();
    List<Tensor> results = new ArrayList<>();
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      for (int i = 0; i < 40; i++) {
        RandomProduct product = RandomProduct.of(random);
        Tensor[] both = {
          numbers(random, product.left(), dtype), numbers(random, product.right(), dtype)
        };
        Einsum einsum = Einsum.compile(product.equation(), options, OperandSpec.like(both));
        einsums.add(einsum);
        operands.add(both);
        results.add(einsum.run(both));
      }
    }
    return new Case(
        () -> {
          for (int i = 0; i < einsums.size(); i++) {
            einsums.get(i).runInto(results.get(i), operands.get(i));
          }
        },
        () -> BenchmarkDigests.of(results));
  }

  private Case allToAll(int count) {
    List<Tensor> out = blocks(count);
    CollectivePlan plan =
        mesh.plan("case")
            .communicate(new Collective.AllToAll(0, 0, "x"), blocks(count), out)
            .build();
    return plan(plan, out);
  }

  private Case allReduce(int count) {
    List<Tensor> out = blocks(count);
    CollectivePlan plan =
        mesh.plan("case")
            .communicate(new Collective.AllReduce(Reduction.SUM, "x"), blocks(count), out)
            .build();
    return plan(plan, out);
  }

  private static Case plan(CollectivePlan plan, List<Tensor> out) {
    return new Case(
        plan::run,
        () -> {
          plan.run();
          return BenchmarkDigests.of(out);
        });
  }

  private static List<Tensor> blocks(int count) {
    Random random = new Random(count);
    List<Tensor> blocks = new ArrayList<>();
    for (int device = 0; device < DEVICES; device++) {
      blocks.add(numbers(random, Shape.of(count), DType.F32));
    }
    return blocks;
  }

  private static Case program(Backend backend, Program program) {
    Random random = new Random(1);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      inputs.add(numbers(random, input.type().shape(), input.type().dtype()));
    }
    Executable executable = backend.compile(program);
    List<Tensor> outputs = executable.run(inputs);
    return new Case(() -> executable.runInto(outputs, inputs), () -> BenchmarkDigests.of(outputs));
  }

  private static Case planned(Program program) {
    Mesh many = Mesh.of("x", 64);
    Predicate<Composite> kernels = composite -> composite.name().startsWith("moe.");
    Supplier<ProgramPlan> plan =
        () -> ProgramPlan.of(program, many, kernels, PlanOptions.defaults());
    ProgramPlan[] last = {plan.get()};
    return new Case(() -> last[0] = plan.get(), () -> BenchmarkDigests.of(last[0].explain()));
  }

  /** Three steps give the digest; the steps that are timed go on from there. */
  private Case training() {
    TransformerSpec spec =
        TransformerSpec.builder()
            .vocabulary(64)
            .model(32)
            .heads(4)
            .key(8)
            .hidden(64)
            .layers(2)
            .experts(8)
            .positions(16)
            .groups(2)
            .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
            .build();
    Training training =
        new Training(
            spec,
            new Training.Settings(
                new Transformer.Loss(0.1, 0.01, 0.001), new Optimizer.Adam(0.9, 0.98, 1e-9), 1),
            local,
            1);
    Random random = new Random(1);
    Training.Batch batch =
        new Training.Batch(words(random, 12), words(random, 8), words(random, 8));
    Runnable step = () -> training.step(batch, 0.01);
    return new Case(
        step,
        () -> {
          step.run();
          step.run();
          step.run();
          Collection<Tensor> state = training.state().values();
          return BenchmarkDigests.of(state);
        });
  }

  private static Tensor words(Random random, int length) {
    int sentences = 8;
    int[] words = new int[sentences * length];
    for (int i = 0; i < words.length; i++) {
      words[i] = 3 + random.nextInt(61);
    }
    return Tensor.of(words, sentences, length);
  }

  private static Tensor numbers(Random random, Shape shape, DType dtype) {
    float[] values = new float[Math.toIntExact(shape.elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(values, shape.toArray()).convert(dtype);
  }

  /** Short digests of results. */
  private static final class BenchmarkDigests {
    private static final int BYTES = 8;

    private BenchmarkDigests() {}

    /** The digest of all elements in order; a {@code double} holds each of them exactly. */
    static String of(Collection<Tensor> tensors) {
      MessageDigest digest = sha256();
      for (Tensor tensor : tensors) {
        double[] values = tensor.toDoubleArray();
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
        bytes.asDoubleBuffer().put(values);
        digest.update(bytes);
      }
      return text(digest);
    }

    static String of(String text) {
      MessageDigest digest = sha256();
      digest.update(text.getBytes(StandardCharsets.UTF_8));
      return text(digest);
    }

    private static String text(MessageDigest digest) {
      return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has SHA-256", e);
      }
    }
  }

  /**
   * An einsum of two operands, drawn at random: each of five labels occurs in one operand or in
   * both, and in the result or not.
   *
   * @param equation its notation
   * @param left shape of the first operand
   * @param right shape of the second
   */
  record RandomProduct(String equation, Shape left, Shape right) {
    private static final int LABELS = 5;
    private static final int LARGEST = 6;

    static RandomProduct of(Random random) {
      StringBuilder[] terms = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
      Shape[] shapes = {Shape.of(), Shape.of()};
      for (int label = 0; label < LABELS; label++) {
        char name = (char) ('a' + label);
        long size = 1L + random.nextInt(LARGEST);
        int places = 1 + random.nextInt(3);
        for (int operand = 0; operand < 2; operand++) {
          if ((places >> operand & 1) == 1) {
            boolean first = random.nextBoolean();
            terms[operand].insert(first ? 0 : terms[operand].length(), name);
            shapes[operand] = with(shapes[operand], first, size);
          }
        }
        if (random.nextInt(3) > 0) {
          terms[2].insert(random.nextInt(terms[2].length() + 1), name);
        }
      }
      return new RandomProduct(terms[0] + "," + terms[1] + "->" + terms[2], shapes[0], shapes[1]);
    }

    private static Shape with(Shape shape, boolean first, long size) {
      long[] sizes = new long[shape.rank() + 1];
      System.arraycopy(shape.toArray(), 0, sizes, first ? 1 : 0, shape.rank());
      sizes[first ? 0 : shape.rank()] = size;
      return Shape.of(sizes);
    }
  }
}
