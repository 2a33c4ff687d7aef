package io.github.shardsum.bench;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Gating;
import io.github.shardsum.moe.GatingInput;
import io.github.shardsum.moe.GatingOptions;
import io.github.shardsum.moe.MoeActivations;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeStep;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.Routing;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumMap;
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

/** The Mixture-of-Experts layer as a program against its kernels called by hand, forward. */
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
  private static final GatingOptions OPTIONS = GatingOptions.paper();
  private static final Randomness.Seeded RANDOMNESS = Randomness.seeded(1);

  private final Workers workers = Workers.sequential();
  private final MoeWeights weights;
  private final Tensor tokens;
  private final MoeActivations memory;
  private final Map<MoeStep, Einsum> einsums = new EnumMap<>(MoeStep.class);
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final Executable program;

  /** For JMH. */
  public MoeProgramBenchmark() {
    this(SIZES);
  }

  MoeProgramBenchmark(MoeSizes sizes) {
    int model = (int) sizes.model();
    int groups = (int) sizes.groups();
    int size = (int) sizes.tokens();
    weights = MoeWeights.random(model, (int) sizes.hidden(), (int) sizes.experts(), 3);
    tokens = Tensor.of(Data.integers(groups * size * model), groups, size, model);
    memory = MoeActivations.allocate(sizes, DType.F32);
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

  /** Compiles the einsums, and holds both results against each other. */
  @Setup
  public void setUp() {
    Routing routing = Gating.route(memory.logits(), OPTIONS, RANDOMNESS);
    compile(MoeStep.GATES, tokens, weights.gate());
    compile(MoeStep.DISPATCH, routing.dispatch(), tokens);
    compile(MoeStep.HIDDEN, memory.dispatched(), weights.in());
    compile(MoeStep.EXPERT_OUTPUTS, memory.hidden(), weights.out());
    compile(MoeStep.COMBINE, routing.combine(), memory.expertOutputs());
    if (!Arrays.equals(byHand().toFloatArray(), asProgram().toFloatArray())) {
      throw new IllegalStateException("both ways should give the same bits");
    }
  }

  private void compile(MoeStep step, Operand first, Operand second) {
    Epilogue epilogue = step == MoeStep.HIDDEN ? Epilogue.none().withRelu() : Epilogue.none();
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue).withWorkers(workers);
    einsums.put(step, Einsum.compileFor(step.equation(), options, first, second));
  }

  private void run(MoeStep step, Tensor out, Operand first, Operand second) {
    Objects.requireNonNull(einsums.get(step)).runInto(out, first, second);
  }

  /** Five compiled einsums and the routing between them. */
  @Benchmark
  public Tensor byHand() {
    run(MoeStep.GATES, memory.logits(), tokens, weights.gate());
    Routing routing =
        Gating.route(GatingInput.logits(memory.logits()), OPTIONS, RANDOMNESS, workers);
    run(MoeStep.DISPATCH, memory.dispatched(), routing.dispatch(), tokens);
    run(MoeStep.HIDDEN, memory.hidden(), memory.dispatched(), weights.in());
    run(MoeStep.EXPERT_OUTPUTS, memory.expertOutputs(), memory.hidden(), weights.out());
    run(MoeStep.COMBINE, memory.outputs(), routing.combine(), memory.expertOutputs());
    return memory.outputs();
  }

  /** The program. */
  @Benchmark
  public Tensor asProgram() {
    program.runInto(outputs, inputs);
    return outputs.getFirst();
  }
}
