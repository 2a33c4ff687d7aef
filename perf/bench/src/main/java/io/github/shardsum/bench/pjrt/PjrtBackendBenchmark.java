package io.github.shardsum.bench.pjrt;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.StableHlo;
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
 * A run of a small program by the PJRT backend, and the same PJRT calls made one by one: two
 * tensors to the device, the run, its result back. The plugin is the one that {@code
 * SHARDSUM_PJRT_CPU} names.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {
      "--add-modules",
      "jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED"
    })
public class PjrtBackendBenchmark {
  private static final Program ADD =
      Program.parse(
          """
          program plus {
            input a: f32[n=3]
            input b: f32[n=3]
            c = add(a, b)
            output c
          }
          """);

  private final BindingCalls binding = new BindingCalls(BindingCalls.plugin());
  private final PjrtClient client = binding.client();
  private final PjrtBackend backend = PjrtBackend.of(client);
  private final Executable executable = backend.compile(ADD);
  private final PjrtLoadedExecutable program =
      client.compile(
          StableHlo.of(ADD, LoweringOptions.defaults().withDonation()).text(),
          PjrtCompileOptions.defaults());
  private final Tensor a = BindingCalls.zeros(3);
  private final Tensor b = BindingCalls.zeros(3);

  /** For JMH. */
  public PjrtBackendBenchmark() {}

  /** Both sides give the same result. */
  @Setup
  public void check() {
    a.set(1, 0);
    b.set(2, 0);
    if (bare().getDouble(0) != 3 || backend().getDouble(0) != 3) {
      throw new IllegalStateException("the backend and PJRT differ");
    }
  }

  /** Closes the client. */
  @TearDown
  public void close() {
    executable.close();
    backend.close();
    program.close();
    binding.close();
  }

  /** The calls of PJRT. */
  @Benchmark
  public Tensor bare() {
    try (PjrtBuffer left = client.bufferFrom(a, binding.device());
        PjrtBuffer right = client.bufferFrom(b, binding.device());
        PjrtBuffer sum = program.run(left, right).getFirst()) {
      return sum.toTensor();
    }
  }

  /** The backend. */
  @Benchmark
  public Tensor backend() {
    return executable.run(a, b).getFirst();
  }
}
