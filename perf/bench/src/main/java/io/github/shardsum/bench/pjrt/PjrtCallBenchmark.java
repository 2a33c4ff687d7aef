package io.github.shardsum.bench.pjrt;

import io.github.shardsum.measure.MeasurementException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Calls of PJRT through the binding and the same ones from C, on the plugin that {@code
 * SHARDSUM_PJRT_CPU} names. The C side makes {@code CALLS} calls at a time.
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
public class PjrtCallBenchmark {
  private static final int CALLS = 1000;

  private final Path plugin = BindingCalls.plugin();
  private final BindingCalls binding = new BindingCalls(plugin);
  private final NativeCalls native_ = opened(plugin);
  private final NativeCalls.Loop isDeleted = native_.loop("is_deleted");
  private final NativeCalls.Loop shape = native_.loop("dimensions");
  private final NativeCalls.Loop run = native_.loop("execute");
  private final NativeCalls.Loop execute = native_.loop("execute_and_wait");

  /** For JMH. */
  public PjrtCallBenchmark() {}

  private static NativeCalls opened(Path plugin) {
    try {
      return new NativeCalls(plugin, BindingCalls.PROGRAM);
    } catch (MeasurementException e) {
      throw new IllegalStateException(e.why(), e);
    }
  }

  /** Both sides give the same result. */
  @Setup
  public void check() {
    if (binding.isDeleted() || isDeleted.run(1) != 0 || binding.shape() != shape.run(1)) {
      throw new IllegalStateException("the binding and C differ");
    }
  }

  /** Closes the clients. */
  @TearDown
  public void close() {
    binding.close();
    native_.close();
  }

  /** A query. */
  @Benchmark
  public boolean isDeleted() {
    return binding.isDeleted();
  }

  /** The same from C. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long isDeletedFromC() {
    return isDeleted.run(CALLS);
  }

  /** A query whose result is an object. */
  @Benchmark
  public long shape() {
    return binding.shape();
  }

  /** The same from C. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long shapeFromC() {
    return shape.run(CALLS);
  }

  /** A run and the closing of its result. */
  @Benchmark
  public boolean run() {
    return binding.run();
  }

  /** The same from C. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long runFromC() {
    return run.run(CALLS);
  }

  /** A run that is waited for, and the closing of its result. */
  @Benchmark
  public boolean execute() {
    return binding.execute();
  }

  /** The same from C. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long executeFromC() {
    return execute.run(CALLS);
  }
}
