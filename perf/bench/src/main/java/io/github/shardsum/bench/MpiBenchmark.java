package io.github.shardsum.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * Collectives between processes with one device each. It is the counterpart of {@code
 * src/mpi/baseline.c}: bytes in native memory, numbers of repetitions and the output format are the
 * same. JMH cannot run in several processes at once, so {@code perf/bench/mpi} runs this benchmark
 * and its counterparts in turn and compares them.
 */
public final class MpiBenchmark {
  private static final int SMALLEST = 64 << 10;

  private final Collectives collectives;
  private final String suffix;
  private final int size;
  private final int largest;
  private final int batches;

  private MpiBenchmark(Collectives collectives, String suffix, int largest, int batches) {
    this.collectives = collectives;
    this.suffix = suffix;
    this.largest = largest;
    this.batches = batches;
    this.size = collectives.processes();
  }

  /**
   * Runs on every process.
   *
   * @param arguments {@code unchecked} or {@code checked}; then {@code native} or {@code heap}; the
   *     number of processes; the largest number of bytes; the number of batches, whose median is
   *     printed
   */
  public static void main(String[] arguments) {
    boolean checked = arguments[0].equals("checked");
    boolean heap = arguments[1].equals("heap");
    CollectiveOptions options = CollectiveOptions.defaults().withCheck(checked);
    int processes = Integer.parseInt(arguments[2]);
    try (Collectives collectives = Collectives.open(Mesh.of("x", processes), options)) {
      String suffix = (checked ? "+check" : "") + (heap ? "+heap" : "");
      int largest = Integer.parseInt(arguments[3]);
      int batches = Integer.parseInt(arguments[4]);
      new MpiBenchmark(collectives, suffix, largest, batches).run(heap);
    }
  }

  private void run(boolean heap) {
    for (int bytes = SMALLEST; bytes <= largest; bytes *= 4) {
      int floats = bytes / Float.BYTES;
      Tensor whole = tensor(floats, heap);
      Tensor out = tensor(floats, heap);
      Tensor part = tensor(floats / size, heap);
      measure("all-to-all", bytes, new Collective.AllToAll(0, 0, "x"), whole, out);
      measure("all-gather", bytes, new Collective.AllGather(0, "x"), part, out);
      measure("permute", bytes, Collective.Permute.shift(1, size, "x"), whole, out);
      measure(
          "reduce-scatter",
          bytes,
          new Collective.ReduceScatter(Reduction.SUM, 0, "x"),
          whole,
          part);
      measure("all-reduce", bytes, new Collective.AllReduce(Reduction.SUM, "x"), whole, out);
      measure(
          "all-reduce-any",
          bytes,
          new Collective.AllReduce(List.of("x"), Reduction.SUM, Order.ANY),
          whole,
          out);
    }
  }

  private static Tensor tensor(long count, boolean heap) {
    Tensor tensor =
        heap
            ? Tensor.zeros(DType.F32, count)
            : Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(count));
    tensor.assign(Tensor.full(DType.F32, 1, count));
    return tensor;
  }

  private void measure(String name, int bytes, Collective collective, Tensor x, Tensor out) {
    CollectivePlan plan =
        collectives.plan(name).communicate(collective, List.of(x), List.of(out)).build();
    CollectivePlan barrier =
        collectives
            .plan("barrier")
            .communicate(new Collective.Barrier("x"), List.of(x), List.of(x))
            .build();
    int repetitions = Math.min(400, (64 << 20) / bytes);
    double[] times = new double[batches];
    // The first sizes also warm up the compiler.
    int warm = bytes == SMALLEST ? 30 * (batches - 1) : batches / 3;
    for (int batch = -warm; batch < batches; batch++) {
      barrier.run();
      long begin = System.nanoTime();
      for (int i = 0; i < repetitions; i++) {
        plan.run();
      }
      times[Math.max(0, batch)] = (System.nanoTime() - begin) / 1e3 / repetitions;
    }
    boolean sums =
        collective instanceof Collective.AllReduce
            || collective instanceof Collective.ReduceScatter;
    BenchmarkData.check(name, sums ? size : 1, out.getDouble(0), 0);
    Arrays.sort(times);
    if (collectives.process() == 0) {
      System.out.print(format("%s%s %d %.3f%n", name, suffix, bytes, times[batches / 2]));
    }
  }
}
