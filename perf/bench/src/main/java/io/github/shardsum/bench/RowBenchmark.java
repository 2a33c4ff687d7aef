package io.github.shardsum.bench;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
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
 * Memory-bound kernels, over a row that fits the first-level cache and over a row larger than the
 * last-level cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RowBenchmark {
  /** Elements of an operand. */
  @Param({"2048", "16777216"})
  private int length;

  private Einsum dot = Einsum.compile("->", DType.F32, Shape.of());
  private Einsum multiply = Einsum.compile("->", DType.F32, Shape.of());
  private Tensor x = Tensor.of(new float[1]);
  private Tensor y = Tensor.of(new float[1]);
  private Tensor products = Tensor.of(new float[1]);
  private final Tensor sum = Tensor.of(new float[1]).reshape();

  /** For JMH. */
  public RowBenchmark() {}

  /** Makes the operands. */
  @Setup
  public void setUp() {
    x = Tensor.of(BenchmarkData.integers(length), length);
    y = Tensor.of(BenchmarkData.integers(length), length);
    products = Tensor.of(new float[length], length);
    dot = Einsum.compile("i,i->", EinsumOptions.defaults(), OperandSpec.like(x, y));
    multiply = Einsum.compile("i,i->i", EinsumOptions.defaults(), OperandSpec.like(x, y));
    dot.runInto(sum, x, y);
    multiply.runInto(products, x, y);
  }

  /** A dot product by vectors. */
  @Benchmark
  @Fork(
      value = 2,
      jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
  public Tensor dotVector() {
    dot.runInto(sum, x, y);
    return sum;
  }

  /** A dot product by plain loops. */
  @Benchmark
  @Fork(value = 1, jvmArgsPrepend = "-Dshardsum.kernels=scalar")
  public Tensor dotScalar() {
    dot.runInto(sum, x, y);
    return sum;
  }

  /** Products of elements by vectors. */
  @Benchmark
  @Fork(
      value = 2,
      jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
  public Tensor multiplyVector() {
    multiply.runInto(products, x, y);
    return products;
  }

  /** Products of elements by plain loops. */
  @Benchmark
  @Fork(value = 1, jvmArgsPrepend = "-Dshardsum.kernels=scalar")
  public Tensor multiplyScalar() {
    multiply.runInto(products, x, y);
    return products;
  }

  /** Checks the sum, which is rounded once at the end, and the last product. */
  @TearDown
  public void check() {
    double expected = 0;
    double absolute = 0;
    for (int i = 0; i < length; i++) {
      double product = x.getDouble(i) * y.getDouble(i);
      expected += product;
      absolute += Math.abs(product);
    }
    BenchmarkData.check("dot", expected, sum.getDouble(), 1e-6 * absolute);
    BenchmarkData.check(
        "multiply",
        x.getDouble(length - 1) * y.getDouble(length - 1),
        products.getDouble(length - 1),
        0);
  }
}
