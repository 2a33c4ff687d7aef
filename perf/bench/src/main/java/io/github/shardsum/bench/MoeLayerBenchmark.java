package io.github.shardsum.bench;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The Mixture-of-Experts layer, dropless top-2 in f32, on all threads, compared with its products
 * alone: batched products of the same shapes and FLOPs with equal loads. Measured are the forward
 * pass, and the forward and backward pass with activations kept.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(
    value = 1,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector", "-Xmx12g"})
public class MoeLayerBenchmark {
  /** A {@link MoeCase}. On JMH's command line, which splits at commas, sizes are separated by x. */
  @Param({"8,1024,512,2048,8", "8,1024,512,2048,64", "8,1024,1024,8192,8", "1,8,512,2048,64"})
  private String sizes = "8,1024,512,2048,8";

  private final Workers workers = Workers.ofProcessors();

  /** The layer, then the layer with its gradient if the backward pass is measured. */
  private final List<Executable> open = new ArrayList<>();

  private List<Tensor> inputs = List.of();
  private List<Tensor> gradientInputs = List.of();
  private List<Tensor> outputs = List.of();
  private List<Tensor> gradients = List.of();
  private List<Product> products = List.of();
  private boolean backward = true;
  private MoeCase layer = MoeCase.parse(sizes);

  /** An einsum with its operands and memory. */
  private record Product(Einsum einsum, Tensor out, Tensor left, Tensor right) {
    void run() {
      einsum.runInto(out, left, right);
    }
  }

  /** For JMH. */
  public MoeLayerBenchmark() {}

  /**
   * The benchmark of a case. Memory for the backward pass is allocated only if this pass is
   * measured.
   */
  public static MoeLayerBenchmark of(MoeCase layer) {
    MoeLayerBenchmark benchmark = new MoeLayerBenchmark();
    benchmark.layer = layer;
    benchmark.backward = layer.backward();
    benchmark.prepare();
    return benchmark;
  }

  /** Compiles everything, fills the inputs and runs everything once. */
  @Setup
  public void setUp() {
    layer = MoeCase.parse(sizes);
    prepare();
  }

  private void prepare() {
    MoeSpec spec = layer.spec();
    LocalBackend backend = LocalBackend.of(workers, MoePrograms.kernels());
    MoeWeights weights = layer.weights();
    Tensor tokens = layer.tokens();
    inputs = new ArrayList<>(List.of(tokens));
    inputs.addAll(weights.tensors());
    Program forward = MoePrograms.raggedLayer(spec);
    open.add(backend.compile(forward));
    outputs = open.getFirst().run(inputs);
    if (backward) {
      Program both = MoePrograms.gradient(MoePrograms.raggedLayer(spec.withHiddenKept()));
      open.add(backend.compile(both));
      gradientInputs = new ArrayList<>(inputs);
      for (Value cotangent : both.inputs().subList(inputs.size(), both.inputs().size())) {
        gradientInputs.add(
            MoeCase.numbers(2, cotangent.type().shape()).convert(cotangent.type().dtype()));
      }
      gradients = open.getLast().run(gradientInputs);
      check(gradients.getFirst(), outputs.getFirst());
    }
    products = products(layer.sizes(), weights);
  }

  /** Checks that the two forms of the layer have the same outputs. */
  private static void check(Tensor one, Tensor other) {
    float[] a = one.toFloatArray();
    float[] b = other.toFloatArray();
    for (int i = 0; i < a.length; i += 97) {
      BenchmarkData.check(
          "the layer with its gradient", b[i], a[i], 1e-4 * Math.max(1, Math.abs(b[i])));
    }
  }

  /** The products of both passes, with equal loads. */
  private List<Product> products(MoeSizes of, MoeWeights weights) {
    long experts = of.experts();
    long rows = layer.rowsOfExpert();
    Tensor x = MoeCase.numbers(1, Shape.of(experts, rows, of.model()));
    Tensor h = MoeCase.numbers(2, Shape.of(experts, rows, of.hidden()));
    Tensor y = Tensor.zeros(DType.F32, experts, rows, of.model());
    List<Product> all = new ArrayList<>();
    Epilogue relu = Epilogue.none().withRelu();
    Epilogue first = layer.activation() == Activation.RELU ? relu : Epilogue.none();
    all.add(product("ERM,EMH->ERH", h, x, weights.in(), first));
    weights.linear().ifPresent(w -> all.add(product("ERM,EMH->ERH", h, x, w, Epilogue.none())));
    all.add(product("ERH,EHM->ERM", y, h, weights.out(), Epilogue.none()));
    if (backward) {
      Tensor dh = Tensor.zeros(DType.F32, experts, rows, of.hidden());
      Tensor in = Tensor.zeros(DType.F32, of.shape("EMH"));
      Tensor out = Tensor.zeros(DType.F32, of.shape("EHM"));
      all.add(product("ERM,EHM->ERH", dh, x, weights.out(), Epilogue.none()));
      all.add(product("ERH,ERM->EHM", out, h, x, Epilogue.none()));
      List<Tensor> inputWeights = new ArrayList<>(List.of(weights.in()));
      weights.linear().ifPresent(inputWeights::add);
      for (Tensor w : inputWeights) {
        all.add(product("ERM,ERH->EMH", in, x, dh, Epilogue.none()));
        all.add(product("ERH,EMH->ERM", y, dh, w, Epilogue.none()));
      }
    }
    return all;
  }

  private Product product(
      String equation, Tensor out, Tensor left, Tensor right, Epilogue epilogue) {
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers).withEpilogue(epilogue);
    return new Product(
        Einsum.compile(equation, options, OperandSpec.like(left, right)), out, left, right);
  }

  /** The threads. */
  public final Workers workers() {
    return workers;
  }

  /**
   * Bytes that the forward pass holds, and those of the forward and backward pass, without inputs
   * and outputs.
   */
  public final List<Long> peakBytes() {
    return open.stream().map(Executable::peakBytes).toList();
  }

  /** The layer, forward. */
  @Benchmark
  public Tensor forward() {
    open.getFirst().runInto(outputs, inputs);
    return outputs.getFirst();
  }

  /** The products of the layer alone. */
  @Benchmark
  public Tensor forwardProducts() {
    products.subList(0, layer.products()).forEach(Product::run);
    return products.getFirst().out();
  }

  /** The layer, forward and backward. */
  @Benchmark
  public Tensor forwardAndBackward() {
    open.getLast().runInto(gradients, gradientInputs);
    return gradients.getFirst();
  }

  /** The products of the layer alone. */
  @Benchmark
  public Tensor forwardAndBackwardProducts() {
    products.forEach(Product::run);
    return products.getFirst().out();
  }

  /** Frees the compiled programs. */
  @TearDown
  public void close() {
    open.forEach(Executable::close);
    workers.close();
  }
}
