package io.github.shardsum.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Closeness;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/** Attention of 8 heads of width 64 by its kernel, and by the operations that define it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
    value = 2,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
public class AttentionBenchmark {
  private static final int HEADS = 8;
  private static final int WIDTH = 64;

  /** The number of positions. */
  @Param({"512", "2048"})
  public int length = 512;

  /** Whether positions see no later ones. */
  @Param({"false", "true"})
  public boolean causal;

  private List<Tensor> inputs = List.of();
  private List<Tensor> outputs = List.of();
  private List<Executable> both = List.of();

  /** Compiles attention in both ways, and compares the results. */
  @Setup
  public void setUp() {
    ProgramBuilder p = Program.builder("attention");
    String sizes = format("J=%d D=%d", HEADS, WIDTH);
    Value q = p.input("q", "f32[T=" + length + " " + sizes + "]");
    Value k = p.input("k", "f32[N=" + length + " " + sizes + "]");
    Value v = p.input("v", "f32[N=" + length + " " + sizes.replace('D', 'E') + "]");
    Value at = p.iota("i32[T=" + length + "]", "T");
    Value of = p.iota("i32[N=" + length + "]", "N");
    p.output("y", p.attention(q, k, v, at, of, 1 / Math.sqrt(WIDTH), causal).getFirst());
    Program program = p.build();
    Random random = new Random(1);
    Tensor drawn =
        Tensor.of(
                random.doubles(3L * length * HEADS * WIDTH, -1, 1).toArray(),
                3,
                length,
                HEADS,
                WIDTH)
            .convert(DType.F32);
    inputs = List.of(drawn.select(0, 0), drawn.select(0, 1), drawn.select(0, 2));
    outputs = List.of(Tensor.zeros(DType.F32, length, HEADS, WIDTH));
    Workers workers = Workers.sequential();
    both =
        List.of(
            LocalBackend.of(workers, Kernels.ofAttention()).compile(program),
            LocalBackend.of(workers, Kernels.none()).compile(program));
    Tensor kernel = kernel().copy();
    if (Closeness.of(decomposition(), kernel, 1e-4, 1e-5).far() > 0) {
      throw new IllegalStateException("both ways should give the same values");
    }
  }

  private Tensor run(int way) {
    both.get(way).runInto(outputs, inputs);
    return outputs.getFirst();
  }

  /** The kernel. */
  @Benchmark
  public Tensor kernel() {
    return run(0);
  }

  /** Products, comparisons and sums of all scores. */
  @Benchmark
  public Tensor decomposition() {
    return run(1);
  }
}
