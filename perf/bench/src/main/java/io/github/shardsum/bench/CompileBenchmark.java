package io.github.shardsum.bench;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Compiling a program of 1,000 operations, a fifth of them einsums, and parsing its text. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsPrepend = {"--add-modules", "jdk.incubator.vector"})
public class CompileBenchmark {
  private final LocalBackend backend = LocalBackend.of(Workers.sequential());
  private final Program program = program();
  private final String text = program.toString();

  /** For JMH. */
  public CompileBenchmark() {}

  public static Program program() {
    ProgramBuilder p = Program.builder("long");
    Value w = p.input("w", "f32[a=64 c=64]");
    Value bias = p.input("bias", "f32[c=64]");
    Value y = p.input("x", "f32[b=64 a=64]");
    for (int i = 0; i < 200; i++) {
      Value h = p.relu(p.add(p.einsum("ba,ac->bc", y, w), bias));
      y = p.einsum("ba->ba", p.cumulativeSum(h, "b"));
    }
    p.output("y", y);
    return p.build();
  }

  /** From a program to a plan with all memory placed. */
  @Benchmark
  public long compile() {
    return backend.compile(program).peakBytes();
  }

  /** From text to a checked program. */
  @Benchmark
  public Program parse() {
    return Program.parse(text);
  }
}
