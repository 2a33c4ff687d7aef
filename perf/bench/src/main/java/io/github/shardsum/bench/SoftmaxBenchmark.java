package io.github.shardsum.bench;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Softmax over rows and exp, in ns per element; all operands fit the second-level cache. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SoftmaxBenchmark {
  private static final int ELEMENTS = 1 << 16;

  /** Elements of a row. */
  @Param({"64", "256", "1024"})
  private int row;

  private final Workers workers = Workers.sequential();
  private Tensor x = Tensor.of(new float[1]);
  private Tensor shares = Tensor.of(new float[1]);
  private Tensor powers = Tensor.of(new float[1]);

  /** For JMH. */
  public SoftmaxBenchmark() {}

  /** Makes the operands. */
  @Setup
  public void setUp() {
    x = Tensor.of(BenchmarkData.integers(ELEMENTS), ELEMENTS / row, row);
    shares = Tensor.of(new float[ELEMENTS], ELEMENTS / row, row);
    powers = Tensor.of(new float[ELEMENTS], ELEMENTS / row, row);
    Reductions.softmax(Target.into(workers, shares), x, 1);
    Elementwise.exp(Target.into(workers, powers), x);
  }

  /** Softmax by vectors. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  @Fork(
      value = 2,
      jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
  public Tensor softmaxVector() {
    Reductions.softmax(Target.into(workers, shares), x, 1);
    return shares;
  }

  /** Softmax by plain loops. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  @Fork(value = 1, jvmArgsPrepend = "-Dshardsum.kernels=scalar")
  public Tensor softmaxScalar() {
    Reductions.softmax(Target.into(workers, shares), x, 1);
    return shares;
  }

  /** Exp by vectors. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  @Fork(
      value = 2,
      jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
  public Tensor expVector() {
    Elementwise.exp(Target.into(workers, powers), x);
    return powers;
  }

  /** Exp by plain loops. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  @Fork(value = 1, jvmArgsPrepend = "-Dshardsum.kernels=scalar")
  public Tensor expScalar() {
    Elementwise.exp(Target.into(workers, powers), x);
    return powers;
  }

  /** Checks that a row sums to one, and exp of one element. */
  @TearDown
  public void check() {
    double sum = 0;
    for (int i = 0; i < row; i++) {
      sum += shares.getDouble(0, i);
    }
    BenchmarkData.check("softmax", 1, sum, 1e-5);
    double expected = Math.exp(x.getDouble(0, row - 1));
    BenchmarkData.check("exp", expected, powers.getDouble(0, row - 1), 1e-6 * expected);
  }
}
