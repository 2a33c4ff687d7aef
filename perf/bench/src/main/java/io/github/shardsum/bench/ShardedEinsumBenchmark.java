package io.github.shardsum.bench;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ShardedEinsum;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Compares the experts' product of a Mixture-of-Experts layer on eight virtual devices, an expert
 * on each, with the same einsum on one device: equal work on equal threads, results compared to the
 * bit.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
    value = 2,
    jvmArgsPrepend = {
      "--add-modules",
      "jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED"
    })
public class ShardedEinsumBenchmark {
  private static final Equation EQUATION = Equation.parse("E@x G C M, E@x M H -> E G@x C H");

  private final Workers workers = Workers.sequential();
  private final Collectives collectives;
  private final ShardedEinsum sharded;
  private final Einsum whole;
  private final Tensor[] operands;
  private final List<ShardedTensor> shards = new ArrayList<>();

  /** For JMH. */
  public ShardedEinsumBenchmark() {
    this(32, 256);
  }

  ShardedEinsumBenchmark(int capacity, int model) {
    int experts = 8;
    operands =
        new Tensor[] {
          Tensor.of(
              BenchmarkData.integers(experts * experts * capacity * model),
              experts,
              experts,
              capacity,
              model),
          Tensor.of(BenchmarkData.integers(experts * model * model), experts, model, model)
        };
    List<Shape> shapes = Arrays.stream(operands).map(Tensor::shape).toList();
    Mesh mesh = Mesh.of("x", experts);
    ShardedEinsumPlan plan =
        ShardedEinsumPlan.of(EQUATION, mesh, shapes, Map.of(), DType.F32, PlanOptions.defaults());
    collectives = Collectives.open(mesh, workers, CollectiveOptions.defaults());
    sharded = ShardedEinsum.of(plan, collectives);
    for (int i = 0; i < operands.length; i++) {
      PlannedValue input = plan.plan().inputs().get(i);
      shards.add(ShardedTensor.of(operands[i], input.layout(), collectives.devices()));
    }
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    whole = Einsum.compile(EQUATION.withoutLayout(), options, OperandSpec.like(operands));
    float[] expected = whole.run(operands).toFloatArray();
    float[] got = sharded.gather(onMesh()).toFloatArray();
    for (int i = 0; i < expected.length; i++) {
      BenchmarkData.check("the sharded einsum at " + i, expected[i], got[i], 0);
    }
  }

  /** On one device. */
  @Benchmark
  public Tensor onOne() {
    return whole.run(operands);
  }

  /** From shards to shards, the all-to-all included. */
  @Benchmark
  public final ShardedTensor onMesh() {
    return sharded.runSharded(shards);
  }

  /** Closes the engine. */
  @TearDown
  public void close() {
    collectives.close();
    workers.close();
  }
}
