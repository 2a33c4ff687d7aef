package io.github.shardsum.bench;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.Route;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The forward Mixture-of-Experts layer as a program, compared with calls of its kernels by hand.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
    value = 2,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
public class MoeProgramBenchmark {
  private static final MoeSizes SIZES = new MoeSizes(2, 512, 8, 128, 128, 512);
  private static final RouteOptions OPTIONS = RouteOptions.paper();
  private static final Randomness RANDOMNESS = Randomness.seeded(1);
  private static final String GATES = "GSM,ME->GSE";
  private static final String DISPATCH = "GSEC,GSM->EGCM";
  private static final String HIDDEN = "EGCM,EMH->EGCH";
  private static final String EXPERT_OUTPUTS = "EGCH,EHM->GECM";
  private static final String COMBINE = "GSEC,GECM->GSM";

  private final Workers workers = Workers.sequential();
  private final MoeWeights weights;
  private final Tensor tokens;
  private final Tensor logits;
  private final Tensor dispatched;
  private final Tensor hidden;
  private final Tensor expertOutputs;
  private final Tensor result;
  private final Map<String, Einsum> einsums = new HashMap<>();
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final Executable program;

  /** For JMH. */
  public MoeProgramBenchmark() {
    this(SIZES);
  }

  public MoeProgramBenchmark(MoeSizes sizes) {
    int model = (int) sizes.model();
    int groups = (int) sizes.groups();
    int size = (int) sizes.tokens();
    weights = MoeWeights.random(model, (int) sizes.hidden(), (int) sizes.experts(), 3);
    tokens = Tensor.of(BenchmarkData.integers(groups * size * model), groups, size, model);
    logits = Tensor.zeros(DType.F32, sizes.shape("GSE"));
    dispatched = Tensor.zeros(DType.F32, sizes.shape("EGCM"));
    hidden = Tensor.zeros(DType.F32, sizes.shape("EGCH"));
    expertOutputs = Tensor.zeros(DType.F32, sizes.shape("GECM"));
    result = Tensor.zeros(DType.F32, sizes.shape("GSM"));
    inputs = List.of(tokens, weights.gate(), weights.in(), weights.out());
    outputs =
        List.of(
            Tensor.zeros(DType.F32, groups, size, model),
            Tensor.zeros(DType.F64, groups),
            Tensor.zeros(DType.F64));
    program =
        LocalBackend.of(workers, MoePrograms.kernels())
            .compile(MoePrograms.layer(sizes, DType.F32, OPTIONS, RANDOMNESS));
  }

  /** Compiles the einsums, and compares both results. */
  @Setup
  public void setUp() {
    Route route = Route.of(logits, OPTIONS, RANDOMNESS);
    compile(GATES, tokens, weights.gate());
    compile(DISPATCH, route.dispatch(), tokens);
    compile(HIDDEN, dispatched, weights.in());
    compile(EXPERT_OUTPUTS, hidden, weights.out());
    compile(COMBINE, route.combine(), expertOutputs);
    if (!Arrays.equals(byHand().toFloatArray(), asProgram().toFloatArray())) {
      throw new IllegalStateException("both ways should give the same bits");
    }
  }

  private void compile(String step, Operand first, Operand second) {
    Epilogue epilogue = step.equals(HIDDEN) ? Epilogue.none().withRelu() : Epilogue.none();
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue).withWorkers(workers);
    einsums.put(step, Einsum.compile(step, options, OperandSpec.like(first, second)));
  }

  private void run(String step, Tensor out, Operand first, Operand second) {
    Objects.requireNonNull(einsums.get(step)).runInto(out, first, second);
  }

  /** Five compiled einsums, with the route after the first one. */
  @Benchmark
  public Tensor byHand() {
    run(GATES, logits, tokens, weights.gate());
    Route route = Route.of(RouteInput.logits(logits), OPTIONS, RANDOMNESS, workers);
    run(DISPATCH, dispatched, route.dispatch(), tokens);
    run(HIDDEN, hidden, dispatched, weights.in());
    run(EXPERT_OUTPUTS, expertOutputs, hidden, weights.out());
    run(COMBINE, result, route.combine(), expertOutputs);
    return result;
  }

  /** The program. */
  @Benchmark
  public Tensor asProgram() {
    program.runInto(outputs, inputs);
    return outputs.getFirst();
  }
}
