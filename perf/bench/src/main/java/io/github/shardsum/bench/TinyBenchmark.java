package io.github.shardsum.bench;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.Tensor;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of a call that has next to nothing to compute; {@code -prof gc} shows how much it allocates.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
public class TinyBenchmark {
  private static final int SIDE = 4;
  private static final int LENGTH = 8;

  private final Tensor a = Tensor.of(BenchmarkData.integers(SIDE * SIDE), SIDE, SIDE);
  private final Tensor b = Tensor.of(BenchmarkData.integers(SIDE * SIDE), SIDE, SIDE);
  private final Tensor out = Tensor.of(new float[SIDE * SIDE], SIDE, SIDE);
  private final Tensor x = Tensor.of(BenchmarkData.integers(LENGTH), LENGTH);
  private final Tensor sum = Tensor.of(new float[1]).reshape();
  private final Einsum product =
      Einsum.compile("ij,jk->ik", EinsumOptions.defaults(), OperandSpec.like(a, b));
  private final Einsum dot =
      Einsum.compile("i,i->", EinsumOptions.defaults(), OperandSpec.like(x, x));

  /** For JMH. */
  public TinyBenchmark() {}

  /** Runs both compiled einsums, so that {@link #check} finds results after any benchmark. */
  @Setup
  public void setUp() {
    product.runInto(out, a, b);
    dot.runInto(sum, x, x);
  }

  /** A compiled product of 4x4 into a result that is used again. */
  @Benchmark
  public Tensor compiledProduct() {
    product.runInto(out, a, b);
    return out;
  }

  /** A compiled dot product of 8. */
  @Benchmark
  public Tensor compiledDot() {
    dot.runInto(sum, x, x);
    return sum;
  }

  /** The same product in one call, its plan from the cache, its result fresh. */
  @Benchmark
  public Tensor cachedProduct() {
    return Einsum.einsum("ij,jk->ik", a, b);
  }

  /** Checks a corner of the compiled product, and the dot product, to the bit. */
  @TearDown
  public void check() {
    double corner = 0;
    for (int j = 0; j < SIDE; j++) {
      corner += a.getDouble(0, j) * b.getDouble(j, SIDE - 1);
    }
    BenchmarkData.check("product", corner, out.getDouble(0, SIDE - 1), 0);
    double squares = 0;
    for (int i = 0; i < LENGTH; i++) {
      squares += x.getDouble(i) * x.getDouble(i);
    }
    BenchmarkData.check("dot", squares, sum.getDouble(), 0);
  }
}
