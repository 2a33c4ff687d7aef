package io.github.shardsum.bench;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The square product in f32, by vectors and by plain loops, into a result that is used again. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
// C2 takes up to half a second for the large kernels, on a busy machine more.
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProductBenchmark {
  /** Rows, columns and terms. */
  @Param({"64", "256", "512", "1024"})
  private int size;

  /** Threads. */
  @Param({"1"})
  private int threads;

  private Workers workers = Workers.sequential();
  private Einsum product = Einsum.compile("->", DType.F32, Shape.of());
  private Tensor a = Tensor.of(new float[1]);
  private Tensor b = Tensor.of(new float[1]);
  private Tensor out = Tensor.of(new float[1]);

  /** For JMH. */
  public ProductBenchmark() {}

  /** Makes the operands. */
  @Setup
  public void setUp() {
    workers = Workers.of(threads);
    a = Tensor.of(BenchmarkData.integers(size * size), size, size);
    b = Tensor.of(BenchmarkData.integers(size * size), size, size).transpose().contiguous();
    out = Tensor.of(new float[size * size], size, size);
    product =
        Einsum.compile(
            "ij,jk->ik", EinsumOptions.defaults().withWorkers(workers), OperandSpec.like(a, b));
  }

  /** The vectors that the machine prefers. */
  @Benchmark
  @Fork(
      value = 2,
      jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
  public Tensor vector() {
    product.runInto(out, a, b);
    return out;
  }

  /** Plain loops, as without the incubator module. */
  @Benchmark
  @Fork(value = 1, jvmArgsPrepend = "-Dshardsum.kernels=scalar")
  public Tensor scalar() {
    product.runInto(out, a, b);
    return out;
  }

  /** Checks the corners to the bit. */
  @TearDown(Level.Trial)
  public void check() {
    for (int i : new int[] {0, size - 1}) {
      for (int k : new int[] {0, size - 1}) {
        double expected = 0;
        for (int j = 0; j < size; j++) {
          expected += a.getDouble(i, j) * b.getDouble(j, k);
        }
        BenchmarkData.check("product", expected, out.getDouble(i, k), 0);
      }
    }
    workers.close();
  }
}
