package io.github.shardsum.bench;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Cost of 2048 devices before they compute anything. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
public class SuperstepBenchmark {
  private static final int DEVICES = 2048;
  public static final int STEPS = 100;

  private final Workers workers = Workers.of(2);
  private final Collectives collectives =
      Collectives.open(Mesh.of("x", 32, "y", 64), workers, CollectiveOptions.defaults());
  private final int[] touched = new int[DEVICES];
  private final CollectivePlan one = empty(1);
  private final CollectivePlan many = empty(STEPS);

  /** For JMH. */
  public SuperstepBenchmark() {}

  private CollectivePlan empty(int steps) {
    CollectivePlan.Builder builder = collectives.plan("empty");
    for (int step = 0; step < steps; step++) {
      builder.compute("touch", (device, _) -> touched[device]++);
    }
    return builder.build();
  }

  /** One superstep of a plan of many supersteps. */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void superstepOfMany() {
    many.run();
  }

  /** A plan of one superstep, including the plan's start and end. */
  @Benchmark
  public void superstepAlone() {
    one.run();
  }

  /** Blocking SPMD code: 2048 virtual threads start, make one all-reduce of 8 bytes, and end. */
  @Benchmark
  public List<Tensor> spmdAllReduce() {
    Tensor x = Tensor.zeros(DType.F32, 2);
    return collectives.spmd(device -> device.allReduce(x, Reduction.SUM, "x", "y"));
  }

  /** The same all-reduce in as many supersteps, called by the controlling thread. */
  @Benchmark
  public List<Tensor> allReduce() {
    Tensor x = Tensor.zeros(DType.F32, 2);
    return collectives.run(
        new Collective.AllReduce(Reduction.SUM, "x", "y"), Collections.nCopies(DEVICES, x));
  }

  /** Checks that every device was touched as often as the others. */
  @TearDown
  public void check() {
    for (int count : touched) {
      BenchmarkData.check("supersteps", touched[0], count, 0);
    }
    collectives.close();
    workers.close();
  }
}
