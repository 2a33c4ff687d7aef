package io.github.shardsum.bench;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
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
 * Collectives within a process over 4 MB of f32 for each device, and loops that move or read the
 * same bytes with the same number of threads. Bytes per second are {@code devices * 4 MB} divided
 * by the time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsPrepend = {
      "--add-modules",
      "jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Xmx3g"
    })
public class CollectiveBenchmark {
  private static final int THREADS = 2;
  private static final int COUNT = 1 << 20;
  private static final int UNROLL = 4;
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Number of devices. */
  @Param({"8", "64"})
  private int devices;

  private final Workers workers = Workers.of(THREADS);
  private final List<Tensor> x = new ArrayList<>();
  private final List<Tensor> out = new ArrayList<>();
  private final Tensor shared = Tensor.of(new float[COUNT], COUNT);
  private final float[] sums = new float[THREADS];
  private Collectives collectives = Collectives.open(Mesh.of("x", 1));
  private CollectivePlan allToAll = collectives.plan("none").build();
  private CollectivePlan allReduce = collectives.plan("none").build();

  /** For JMH. */
  public CollectiveBenchmark() {}

  public CollectiveBenchmark(int devices) {
    this.devices = devices;
  }

  /** Makes operands and plans. */
  @Setup
  public void setUp() {
    collectives.close();
    collectives = Collectives.open(Mesh.of("x", devices), workers, CollectiveOptions.defaults());
    for (int device = 0; device < devices; device++) {
      float[] data = new float[COUNT];
      for (int i = 0; i < COUNT; i++) {
        data[i] = (device + i) % 16;
      }
      x.add(Tensor.of(data, COUNT));
      out.add(Tensor.of(new float[COUNT], COUNT));
    }
    allToAll =
        collectives
            .plan("all-to-all")
            .communicate(new Collective.AllToAll(0, 0, "x"), x, out)
            .build();
    allReduce =
        collectives
            .plan("all-reduce")
            .communicate(
                new Collective.AllReduce(Reduction.SUM, "x"),
                x,
                Collections.nCopies(devices, shared))
            .build();
  }

  /** Every device sends a chunk to every other. */
  @Benchmark
  public void allToAll() {
    allToAll.run();
  }

  /**
   * The same bytes as the all-to-all, one copy for each operand. HotSpot's copy bypasses the caches
   * from 2.5 MB on.
   */
  @Benchmark
  public void copyOfWholeOperands() {
    workers.run(THREADS, (thread, _) -> copy(thread, 4L * COUNT));
  }

  /** The same bytes in copies as long as the chunks of the all-to-all. */
  @Benchmark
  public void copyOfChunks() {
    workers.run(THREADS, (thread, _) -> copy(thread, 4L * COUNT / devices));
  }

  private void copy(int thread, long chunk) {
    for (int device = thread; device < devices; device += THREADS) {
      MemorySegment from = x.get(device).segment();
      MemorySegment to = out.get(device).segment();
      for (long at = 0; at < 4L * COUNT; at += chunk) {
        MemorySegment.copy(from, at, to, at, chunk);
      }
    }
  }

  /** The sum of all operands, into one tensor that all devices share. */
  @Benchmark
  public Tensor allReduce() {
    allReduce.run();
    return shared;
  }

  /** Reads all operands and keeps a sum: the limit of an all-reduce. */
  @Benchmark
  public float[] readAll() {
    workers.run(
        THREADS,
        (thread, _) -> {
          float sum = 0;
          for (int device = thread; device < devices; device += THREADS) {
            sum += read((float[]) x.get(device).array().orElseThrow());
          }
          sums[thread] = sum;
        });
    return sums;
  }

  private static float read(float[] data) {
    int step = SPECIES.length();
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < data.length; i += UNROLL * step) {
      a = a.add(FloatVector.fromArray(SPECIES, data, i));
      b = b.add(FloatVector.fromArray(SPECIES, data, i + step));
      c = c.add(FloatVector.fromArray(SPECIES, data, i + 2 * step));
      d = d.add(FloatVector.fromArray(SPECIES, data, i + 3 * step));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  /** Checks both results, which are exact. */
  @TearDown
  public void check() {
    allReduce.run();
    allToAll.run();
    for (int i = 0; i < COUNT; i += 4099) {
      double sum = 0;
      for (int device = 0; device < devices; device++) {
        sum += (device + i) % 16;
      }
      BenchmarkData.check("all-reduce", sum, shared.getDouble(i), 0);
      int chunk = COUNT / devices;
      double sent = (i / chunk + (devices - 1) * chunk + i % chunk) % 16;
      BenchmarkData.check("all-to-all", sent, out.get(devices - 1).getDouble(i), 0);
    }
    collectives.close();
    workers.close();
  }
}
